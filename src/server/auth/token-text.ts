import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { InvitationCodes } from '~/server/ports/invitation-store';
import type { MintedToken } from '~/server/ports/token-store';

/**
 * The text of an access token: `muse_pat_` (a person's) or `muse_agt_` (an agent's), 33 random
 * base62 characters (196 bits), and 6 that are the CRC-32 of all before them. The checksum lets a
 * mistyped or made-up token be refused without a look at the database. The code of an invitation,
 * `muse_inv_`, is made alike.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = { human: 'muse_pat_', agent: 'muse_agt_' } as const;
const RANDOM_CHARS = 33;
const CHECKSUM_CHARS = 6;
const INVITATION_PREFIX = 'muse_inv_';
const REST = `[0-9A-Za-z]{${RANDOM_CHARS + CHECKSUM_CHARS}}$`;
const SHAPE = new RegExp(`^muse_(?:pat|agt)_${REST}`);
const INVITATION_SHAPE = new RegExp(`^${INVITATION_PREFIX}${REST}`);

/** Makes a new token's text, to be shown once and stored only as `hashToken` of it. */
export const newToken = (kind: 'human' | 'agent'): string => secretText(PREFIX[kind]);

function secretText(prefix: string): string {
  let text = prefix;
  for (let n = 0; n < RANDOM_CHARS; n++) text += ALPHABET[randomInt(ALPHABET.length)];
  return text + checksumOf(text);
}

/** A new token: its text for the one who asked, and what is stored of it. */
export function mintToken(kind: 'human' | 'agent'): MintedToken {
  const text = newToken(kind);
  return { text, hash: hashToken(text) };
}

/** Whether a text can be a token: its shape and its checksum are right. */
export function checkTokenText(text: string): boolean {
  return SHAPE.test(text) && hasItsChecksum(text);
}

/** The codes of invitations. */
export const invitationCodes: InvitationCodes = {
  mint() {
    const text = secretText(INVITATION_PREFIX);
    return { text, hash: hashToken(text) };
  },
  hash: (text) => (INVITATION_SHAPE.test(text) && hasItsChecksum(text) ? hashToken(text) : null),
};

const hasItsChecksum = (text: string): boolean =>
  checksumOf(text.slice(0, -CHECKSUM_CHARS)) === text.slice(-CHECKSUM_CHARS);

/** What is stored of a token: the SHA-256 of its text, 32 bytes. */
export function hashToken(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let n = 0; n < CHECKSUM_CHARS; n++) {
    digits = ALPHABET[rest % ALPHABET.length] + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}
