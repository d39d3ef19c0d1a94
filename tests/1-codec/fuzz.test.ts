import { describe, expect, it } from 'vitest';
import { mergeCommitRecord, parseCommitRecord } from '~/wire/commit-record';
import { isErrorCode, isViolation } from '~/wire/errors';
import { parseFetchRequest } from '~/wire/fetch-messages';
import { decodeFetchFrame, decodePushFrame, decodeReplyFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { BIN, HEAD_BYTES, MsgpackReader, STR } from '~/wire/msgpack-reader';
import { encodeValue, MsgpackWriter } from '~/wire/msgpack-writer';
import { type Prng, seededPrng } from '~tests/support/prng';
import { randomValue } from '~tests/support/random-value';
import { conversations, readPush, streamOf } from '~tests/support/wire-samples';

/** Where each header of a stream of values begins. */
function headersOf(bytes: Uint8Array): number[] {
  const reader = new MsgpackReader(bytes);
  const starts: number[] = [];
  while (reader.pos < bytes.length) {
    starts.push(reader.pos);
    reader.head();
    if (HEAD_BYTES[bytes[starts.at(-1)!]!]! > 0 && reader.size > 0 && isPayload(reader)) {
      reader.stepOver();
    }
  }
  return starts;
}

const isPayload = (reader: MsgpackReader) => reader.kind === STR || reader.kind === BIN;

/** A stream with one to four changes, most of them where a header is. */
function mutate(prng: Prng, bytes: Buffer, headers: number[]): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let changes = 1 + prng.below(4); changes > 0; changes--) {
    const at = Math.min(
      prng.once(3) ? prng.below(changed.length) : prng.pick(headers),
      changed.length,
    );
    switch (prng.below(7)) {
      case 0:
        changed[at] = prng.below(256);
        break;
      case 1:
        changed[at] = (changed[at] ?? 0) ^ (1 << prng.below(8));
        break;
      case 2:
        changed = Buffer.concat([
          changed.subarray(0, at),
          changed.subarray(at + 1 + prng.below(9)),
        ]);
        break;
      case 3:
        changed = insert(changed, at, prng.bytes(1 + prng.below(9)));
        break;
      case 4:
        changed = insert(changed, at, encodeValue(randomValue(prng)));
        break;
      case 5: {
        const from = prng.pick(headers);
        changed = insert(changed, at, bytes.subarray(from, from + prng.below(200)));
        break;
      }
      default:
        changed = changed.subarray(0, at);
    }
  }
  return changed;
}

const insert = (bytes: Buffer, at: number, what: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);

function* randomPieces(prng: Prng, bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + prng.below(prng.pick([3, 50, 2_000]));
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('whatever comes', () => {
  const originals = (['bare', 'prefixed'] as const).flatMap((idFormat) =>
    conversations(idFormat).map(({ frames }) => {
      const bytes = streamOf(frames, idFormat);
      return { bytes, headers: headersOf(bytes) };
    }),
  );

  it('a push that was tampered with is read or refused with a code, the same in any pieces', () => {
    const prng = seededPrng('tampered pushes');
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 10_000; round++) {
      const { bytes, headers } = prng.pick(originals);
      const changed = mutate(prng, bytes, headers);
      const whole = readPush([changed]);
      const outcome = whole.violation?.code ?? 'accepted';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (whole.violation !== null) {
        expect(isErrorCode(whole.violation.code)).toBe(true);
        expect(whole.violation.message).toMatch(/\.$/);
        expect(() => encodeValue(whole.violation?.detail)).not.toThrow();
      }
      if (round % 10 !== 0) continue;
      const pieces = readPush(randomPieces(prng, changed));
      expect(pieces.violation?.code, `round ${round}`).toBe(whole.violation?.code);
      expect(pieces.actions.map((action) => action.kind)).toEqual(
        whole.actions.map((action) => action.kind),
      );
    }
    // The changes reach past the scanner: into the fields, the order and the counts.
    for (const code of ['bad-frame', 'truncated-stream', 'frame-out-of-order', 'limit-exceeded']) {
      expect([...outcomes.keys()], JSON.stringify([...outcomes])).toContain(code);
    }
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['bad-commit', 'accepted']));
  });

  it('random bytes are refused or wait for more, and are never held beyond a frame', () => {
    const prng = seededPrng('random bytes');
    for (let round = 0; round < 5_000; round++) {
      const scanner = new FrameScanner(DEFAULT_LIMITS);
      const start = prng.once(2) ? [0x80 + prng.below(16), 0xa1, 0x74, 0xa1, 0x4f] : [];
      scanner.push(Uint8Array.from([...start, ...prng.bytes(prng.below(300))]));
      for (let frame = scanner.next(); frame !== null; frame = scanner.next()) {
        if (isViolation(frame)) break;
      }
      expect(scanner.heldBytes).toBeLessThanOrEqual(DEFAULT_LIMITS.maxObjectWireBytes + 64);
    }
  });

  it('a well-formed frame of random fields is read or refused by every decoder', () => {
    const prng = seededPrng('random frames');
    const keys = [
      'v',
      'id',
      'size',
      'enc',
      'data',
      'seq',
      'last',
      'head',
      'branch',
      'n_objects',
    ].concat(
      ['n_commits', 'commits', 'snapshots', 'snapshot_deltas', 'code', 'message', 'detail'],
      ['kind', 'warnings', 'branch_heads', 'expected_head', 'push_id', 'force', 'id_format'],
    );
    for (let round = 0; round < 10_000; round++) {
      const fields: Record<string, unknown> = {
        t: prng.once(20) ? randomValue(prng) : prng.pick(['H', 'O', 'OC', 'C', 'E', 'P', 'X', 'R']),
      };
      for (let more = prng.below(8); more > 0; more--) {
        fields[prng.pick(keys)] = prng.once(4) ? 2 : randomValue(prng);
      }
      const bytes = encodeValue(fields);
      for (const decoded of [
        decodePushFrame(bytes, DEFAULT_LIMITS),
        decodeReplyFrame(bytes),
        decodeFetchFrame(bytes, DEFAULT_LIMITS),
        parseFetchRequest(bytes, 'msgpack', DEFAULT_LIMITS),
      ]) {
        if (isViolation(decoded)) expect(isErrorCode(decoded.code)).toBe(true);
        else expect(decoded).toBeTypeOf('object');
      }
    }
  });

  it('records of random keys are read or refused, and join only with what is equal', () => {
    const prng = seededPrng('random records');
    const keys = ['commit_id', 'snapshot_id', 'message', 'reviewed_by', 'test_runs', 'author'];
    const record = (): Uint8Array => {
      const names = new Set(
        Array.from({ length: prng.below(8) }, () => prng.pick([...keys, 'x', 'y'])),
      );
      const writer = new MsgpackWriter().mapHeader(names.size);
      for (const name of names) writer.str(name).value(randomValue(prng, 2));
      return writer.take();
    };
    for (let round = 0; round < 10_000; round++) {
      const a = record();
      const b = prng.once(3) ? a : record();
      parseCommitRecord(a);
      const merged = mergeCommitRecord(a, b);
      expect(['same', 'merged', 'conflict']).toContain(merged.kind);
      if (a === b) expect(merged.kind).toBe('same');
      if (merged.kind === 'merged') expect(() => parseCommitRecord(merged.record)).not.toThrow();
    }
  });
});
