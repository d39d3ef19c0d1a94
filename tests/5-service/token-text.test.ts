import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkTokenText, hashToken, newToken } from '~/server/auth/token-text';

describe('the text of a token', () => {
  it('names the kind of account it is for', () => {
    expect(newToken('human')).toMatch(/^muse_pat_[0-9A-Za-z]{39}$/);
    expect(newToken('agent')).toMatch(/^muse_agt_[0-9A-Za-z]{39}$/);
  });

  it('is another one each time, of all the characters', () => {
    const tokens = Array.from({ length: 500 }, () => newToken('human'));
    expect(new Set(tokens).size).toBe(500);
    expect(new Set(tokens.map((text) => text.slice(9, 42)).join('')).size).toBe(62);
  });

  it('passes its own check', () => {
    for (let n = 0; n < 100; n++) expect(checkTokenText(newToken('agent'))).toBe(true);
  });

  it('fails its check with any one character changed', () => {
    const text = newToken('human');
    for (let at = 9; at < text.length; at++) {
      const other = text[at] === 'a' ? 'b' : 'a';
      expect(checkTokenText(text.slice(0, at) + other + text.slice(at + 1))).toBe(false);
    }
    expect(checkTokenText(text.replace('muse_pat_', 'muse_agt_'))).toBe(false);
  });

  it.each([
    '',
    'muse_pat_',
    'muse_pat_short',
    `muse_xyz_${'a'.repeat(39)}`,
    ` ${newToken('human')}`,
    `${newToken('human')}\n`,
    newToken('human').slice(0, -1),
    `${newToken('human')}0`,
  ])('fails its check as %j', (text) => {
    expect(checkTokenText(text)).toBe(false);
  });

  it('has the checksum of a text that was worked out by hand', () => {
    // CRC-32 of "muse_pat_" and 33 zeros, in base62 with six digits.
    const text = `muse_pat_${'0'.repeat(33)}`;
    const valid = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
    let rest = crc32(text);
    let digits = '';
    while (digits.length < 6) {
      digits = valid[rest % 62] + digits;
      rest = (rest - (rest % 62)) / 62;
    }
    expect(checkTokenText(text + digits)).toBe(true);
  });

  it('is stored as its SHA-256', () => {
    const expected = createHash('sha256').update('muse_pat_x').digest('hex');
    expect(Buffer.from(hashToken('muse_pat_x')).toString('hex')).toBe(expected);
  });
});

/** Bit by bit, as the polynomial says; slow and independent of the library. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
