import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { IdFormat } from '~/muse/ids';
import { type BodyForm, FetchAnswer } from '~/wire/fetch-answer';
import { MsgpackWriter } from '~/wire/msgpack-writer';
import { encodeSnapshot } from '~/wire/pack-codec';
import { msgpackToJson } from '~/wire/record-json';
import { Prng } from '~tests/support/prng';
import { idOf, piecesOf, recordOf } from '~tests/support/wire-samples';

const contents = [0, 1, 2, 3, 100, 5_000].map((size) => new Prng(size).bytes(size));

/** A whole answer, its contents given in pieces of some size. */
function answerOf(form: BodyForm, idFormat: IdFormat, pieceBytes: number): Buffer {
  const answer = new FetchAnswer(form, idFormat);
  const parts: Uint8Array[] = [answer.commits(2)];
  for (const digit of ['a', 'b'])
    parts.push(answer.commit(recordOf({ commit_id: idOf(digit) }).raw));
  parts.push(answer.snapshots(1));
  const extra = encode({ created_at: 'then' });
  const snapshot = { id: idOf('5'), manifest: [['ü.txt', idOf('0')]] as [string, string][], extra };
  parts.push(answer.snapshot(encodeSnapshot(snapshot, idFormat)));
  parts.push(answer.objects(contents.length));
  for (const [i, content] of contents.entries()) {
    parts.push(answer.openObject(idOf(String(i)), content.length));
    for (const piece of piecesOf(content, pieceBytes)) parts.push(answer.content(piece));
    parts.push(answer.closeObject());
  }
  parts.push(answer.end({ main: idOf('a') }));
  return Buffer.concat(parts);
}

describe.each(['bare', 'prefixed'] as IdFormat[])(
  'the answer of fetch, with %s ids',
  (idFormat) => {
    const id = (digit: string) => (idFormat === 'bare' ? '' : 'sha256:') + idOf(digit);
    const commits = ['a', 'b'].map((digit) => ({
      commit_id: idOf(digit),
      snapshot_id: idOf('5'),
      message: 'feat: a commit',
      committed_at: '2026-04-16T12:00:00.250000+00:00',
    }));
    const snapshots = [
      { snapshot_id: id('5'), manifest: { 'ü.txt': id('0') }, created_at: 'then' },
    ];

    it.each([1, 2, 3, 7, 4096])('is one msgpack map, written in pieces of %i bytes', (size) => {
      expect(decode(Uint8Array.from(answerOf('msgpack', idFormat, size)))).toEqual({
        commits,
        snapshots,
        objects: contents.map((content, i) => ({ object_id: id(String(i)), content })),
        branch_heads: { main: id('a') },
      });
    });

    it.each([1, 2, 3, 7, 4096])('is one JSON object, written in pieces of %i bytes', (size) => {
      expect(JSON.parse(answerOf('json', idFormat, size).toString())).toEqual({
        commits,
        snapshots,
        objects: contents.map((content, i) => ({
          object_id: id(String(i)),
          content: Buffer.from(content).toString('base64'),
        })),
        branch_heads: { main: id('a') },
      });
    });

    it.each(['msgpack', 'json'] as BodyForm[])('may be empty, in %s', (form) => {
      const answer = new FetchAnswer(form, idFormat);
      const bytes = Buffer.concat([
        answer.commits(0),
        answer.snapshots(0),
        answer.objects(0),
        answer.end({}),
      ]);
      const value = form === 'json' ? JSON.parse(bytes.toString()) : decode(bytes);
      expect(value).toEqual({ commits: [], snapshots: [], objects: [], branch_heads: {} });
    });
  },
);

describe('a record as JSON', () => {
  const json = (hex: string) => msgpackToJson(Buffer.from(hex, 'hex'));

  it('keeps the form of its numbers', () => {
    expect(json('01')).toBe('1');
    expect(json('cb3ff0000000000000')).toBe('1.0');
    expect(json('ca3f800000')).toBe('1.0');
    expect(json('cbbff8000000000000')).toBe('-1.5');
    expect(json('cb8000000000000000')).toBe('-0.0');
    expect(json('cf001fffffffffffff')).toBe('9007199254740991');
    expect(json('d3ffe0000000000001')).toBe('-9007199254740991');
    expect(json('cb444b1ae4d6e2ef50')).toBe('1e+21');
  });

  it('has null for what JSON cannot say, and base64 for binaries', () => {
    expect(json('cb7ff8000000000000')).toBe('null');
    expect(json('cb7ff0000000000000')).toBe('null');
    expect(json('c403fffefd')).toBe('"//79"');
  });

  it('keeps texts, keys and their order', () => {
    const value = { b: 'ü"\n\u2028', a: [null, true, false, {}], 'k"': '' };
    const text = msgpackToJson(encode(value));
    expect(JSON.parse(text)).toEqual(value);
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(value));
    const odd = new MsgpackWriter().mapHeader(1).str('__proto__').int(1).take();
    expect(msgpackToJson(odd)).toBe('{"__proto__":1}');
  });
});
