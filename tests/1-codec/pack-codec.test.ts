import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { isViolation } from '~/wire/errors';
import { decodePushFrame, encodePushFrame } from '~/wire/frame-codec';
import type { CommitPackFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { MsgpackWriter } from '~/wire/msgpack-writer';
import { encodePack, encodeSnapshot, encodeSnapshotDelta } from '~/wire/pack-codec';
import { frameOf, idOf, recordOf, scanAll } from '~tests/support/wire-samples';

const limits: Limits = {
  ...DEFAULT_LIMITS,
  maxSnapshotEntries: 3,
  maxMessageBytes: 100,
  maxDeltaBytes: 200,
  maxCommits: 4,
};

const commit = {
  commit_id: idOf('c'),
  snapshot_id: idOf('5'),
  message: 'feat: a commit',
  committed_at: '2026-04-16T12:00:00+00:00',
};
const snapshot = { snapshot_id: idOf('5'), manifest: { 'a.txt': idOf('0') } };
const delta = {
  snapshot_id: idOf('6'),
  parent_snapshot_id: idOf('5'),
  delta_add: { 'b.txt': idOf('1') },
  delta_remove: ['a.txt'],
};

/** A pack as a library writes it. */
const read = (fields: Record<string, unknown>) =>
  decodePushFrame(encode({ t: 'C', ...fields }), limits);

function pack(fields: Record<string, unknown>): CommitPackFrame {
  const frame = read(fields);
  if (isViolation(frame) || frame.type !== 'C') throw new Error(JSON.stringify(frame));
  return frame;
}

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a COMMIT_PACK', () => {
  it('may leave any of its lists out, and may hold keys that nobody knows', () => {
    expect(pack({})).toMatchObject({ commits: [], snapshots: [], snapshotDeltas: [] });
    expect(pack({ x: [1], commits: [commit] }).commits).toHaveLength(1);
  });

  it.each(['commits', 'snapshots', 'snapshot_deltas'])('has a list of maps in %s', (field) => {
    for (const value of [null, 7, 'x', { a: 1 }]) {
      expect(read({ [field]: value })).toMatchObject({ code: 'bad-frame', detail: { field } });
    }
    for (const record of [null, 7, [], 'x']) {
      const code = field === 'commits' ? 'bad-commit' : 'bad-frame';
      expect(read({ [field]: [record] })).toMatchObject({ code, detail: { index: 0, frame: 'C' } });
    }
  });

  it('has ids of one form, in all its records', () => {
    const prefixed = { ...snapshot, snapshot_id: `sha256:${idOf('5')}` };
    expect(read({ commits: [commit], snapshots: [prefixed] })).toMatchObject({
      code: 'id-format-mismatch',
      detail: { field: 'snapshot_id' },
    });
    expect(read({ snapshots: [{ ...prefixed, manifest: { a: idOf('0') } }] })).toMatchObject({
      code: 'id-format-mismatch',
      detail: { field: 'manifest', path: 'a' },
    });
  });

  it('has no more commits than a push may have', () => {
    expect(read({ commits: Array(5).fill(commit) })).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'commits', limit: 'stream_max_commits', max: 4 },
    });
  });

  it('names the record that is wrong by its place and its id', () => {
    const wrong = { ...commit, commit_id: idOf('d'), author: 7 };
    expect(read({ commits: [commit, wrong] })).toMatchObject({
      code: 'bad-commit',
      detail: { frame: 'C', index: 1, field: 'author', commit_id: idOf('d') },
    });
    const lateId = { manifest: { a: 'x' }, snapshot_id: idOf('7') };
    expect(read({ snapshots: [snapshot, lateId] })).toMatchObject({
      code: 'bad-frame',
      detail: { frame: 'C', index: 1, field: 'manifest', path: 'a', snapshot_id: idOf('7') },
    });
  });
});

describe('the bytes of a commit record', () => {
  /** A record with odd keys in an odd order, numbers in all widths, nil, floats and binaries. */
  const odd = new MsgpackWriter()
    .raw(hex('de 000e'))
    .str('zzz')
    .raw(hex('cf 0000000000000001'))
    .str('message')
    .raw(hex('db 00000002 c3a9'))
    .str('float32')
    .raw(hex('ca 3f800000'))
    .str('float64')
    .raw(hex('cb 3ff0000000000000'))
    .str('commit_id')
    .str(idOf('c'))
    .str('uint8')
    .raw(hex('cc 01'))
    .str('nil')
    .nil()
    .str('snapshot_id')
    .str(idOf('5'))
    .str('nested')
    .value({ b: [1, { c: null }], a: true })
    .str('__proto__')
    .value({ polluted: true })
    .str('bin')
    .raw(hex('c5 0002 ff00'))
    .str('committed_at')
    .str('whenever')
    .str('format_version')
    .raw(hex('d3 0000000000000005'))
    .str('test_runs')
    .raw(hex('cd 0003'))
    .take();

  it('are kept exactly, whatever stands around them', () => {
    const frame = encodePack({
      commits: [odd, encode(commit), odd],
      snapshots: [encode(snapshot)],
      snapshotDeltas: [],
    });
    expect(scanAll(frame).violation).toBeNull();
    const decoded = decodePushFrame(frame, limits) as CommitPackFrame;
    const raws = decoded.commits.map(({ raw }) => Buffer.from(raw).toString('hex'));
    const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    expect(raws).toEqual([hexOf(odd), hexOf(encode(commit)), hexOf(odd)]);
    expect(decoded.commits[0]!.commit).toMatchObject({
      message: 'é',
      formatVersion: 5,
      testRuns: 3,
    });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('are not part of the frame any more, which can go', () => {
    const frame = Buffer.from(encodePushFrame(frameOf.pack({ commits: [recordOf()] }), 'bare'));
    const decoded = decodePushFrame(frame, limits) as CommitPackFrame;
    const before = Buffer.from(decoded.commits[0]!.raw);
    frame.fill(0);
    expect(Buffer.from(decoded.commits[0]!.raw)).toEqual(before);
    expect(decoded.commits[0]!.raw.buffer.byteLength).toBeLessThan(frame.length);
  });
});

describe('a snapshot record', () => {
  it('is read as its files, and everything else as it came', () => {
    const record = new MsgpackWriter()
      .mapHeader(4)
      .str('created_at')
      .str('then')
      .str('manifest')
      .value({ 'b/ü.txt': idOf('1'), a: idOf('0') })
      .str('x')
      .raw(hex('cf 0000000000000001'))
      .str('snapshot_id')
      .str(idOf('5'))
      .take();
    const frame = encodePack({ commits: [], snapshots: [record], snapshotDeltas: [] });
    const decoded = decodePushFrame(frame, limits) as CommitPackFrame;
    const [read] = decoded.snapshots;
    expect(read).toMatchObject({
      id: idOf('5'),
      manifest: [
        ['b/ü.txt', idOf('1')],
        ['a', idOf('0')],
      ],
      laterSchema: false,
    });
    const extra = new MsgpackWriter()
      .mapHeader(2)
      .str('created_at')
      .str('then')
      .str('x')
      .raw(hex('cf 0000000000000001'))
      .take();
    expect(Buffer.from(read!.extra)).toEqual(Buffer.from(extra));
  });

  it('comes back equal in value when it is written', () => {
    const first = { ...snapshot, created_at: 'then', tags: [{ a: 1.5 }], format_version: 5 };
    const [record] = pack({ snapshots: [first] }).snapshots;
    expect(decode(encodeSnapshot(record!, 'bare'))).toEqual(first);
    expect(decode(encodeSnapshot(record!, 'prefixed'))).toEqual({
      ...first,
      snapshot_id: `sha256:${idOf('5')}`,
      manifest: { 'a.txt': `sha256:${idOf('0')}` },
    });
  });

  it('may be without files, and without other keys', () => {
    const [record] = pack({ snapshots: [{ ...snapshot, manifest: {} }] }).snapshots;
    expect(record).toMatchObject({ manifest: [], laterSchema: false });
    expect(Buffer.from(record!.extra)).toEqual(Buffer.of(0x80));
    expect(decode(encodeSnapshot(record!, 'bare'))).toEqual({ ...snapshot, manifest: {} });
    const none = { ...record!, extra: new Uint8Array(0) };
    expect(decode(encodeSnapshot(none, 'bare'))).toEqual({ ...snapshot, manifest: {} });
  });

  it.each([
    [{ directories: ['src'] }, true],
    [{ directories: { src: 1 } }, true],
    [{ directories: 'src' }, true],
    [{ directories: [] }, false],
    [{ directories: {} }, false],
    [{ directories: null }, false],
    [{ directories: '' }, false],
    [{ format_version: 6 }, true],
    [{ format_version: 5 }, false],
    [{ format_version: null }, false],
    [{ format_version: '6' }, false],
    [{}, false],
  ])('with %j is of a later schema: %s', (keys, laterSchema) => {
    expect(pack({ snapshots: [{ ...snapshot, ...keys }] }).snapshots[0]).toMatchObject({
      laterSchema,
    });
    expect(pack({ snapshot_deltas: [{ ...delta, ...keys }] }).snapshotDeltas[0]).toMatchObject({
      laterSchema,
    });
  });

  it('has as many entries as the limit allows, and no more', () => {
    const files = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, idOf('0')]));
    expect(pack({ snapshots: [{ ...snapshot, manifest: files(3) }] }).snapshots).toHaveLength(1);
    expect(read({ snapshots: [{ ...snapshot, manifest: files(4) }] })).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'snapshot_max_entries', max: 3, snapshot_id: idOf('5'), field: 'manifest' },
    });
  });

  it.each([
    ['snapshot_id', null],
    ['snapshot_id', 'x'],
    ['manifest', []],
    ['manifest', null],
    ['manifest', { a: 7 }],
    ['manifest', { a: '' }],
    ['manifest', { a: `sha256:${idOf('G')}` }],
    ['delta_add', {}],
    ['delta_remove', []],
    ['parent_snapshot_id', idOf('4')],
  ])('with %s = %j is refused', (field, value) => {
    expect(read({ snapshots: [{ ...snapshot, [field]: value }] })).toMatchObject({
      code: 'bad-frame',
      detail: { field, index: 0 },
    });
  });

  it.each(['snapshot_id', 'manifest'])('needs %s', (field) => {
    const record = Object.fromEntries(Object.entries(snapshot).filter(([key]) => key !== field));
    expect(read({ snapshots: [record] })).toMatchObject({ code: 'bad-frame', detail: { field } });
  });

  it('names no empty path', () => {
    const manifest = { '': idOf('0') };
    expect(read({ snapshots: [{ ...snapshot, manifest }] })).toMatchObject({ code: 'bad-path' });
    expect(read({ snapshot_deltas: [{ ...delta, delta_remove: [''] }] })).toMatchObject({
      code: 'bad-path',
    });
  });
});

describe('a snapshot delta', () => {
  it('is read as what it adds and removes, and written as the same', () => {
    const first = { ...delta, created_at: 'then' };
    const [record] = pack({ snapshot_deltas: [first] }).snapshotDeltas;
    expect(record).toMatchObject({
      id: idOf('6'),
      parentId: idOf('5'),
      add: [['b.txt', idOf('1')]],
      remove: ['a.txt'],
    });
    expect(decode(encodeSnapshotDelta(record!, 'bare'))).toEqual(first);
  });

  it.each(Object.keys(delta))('needs %s', (field) => {
    const record = Object.fromEntries(Object.entries(delta).filter(([key]) => key !== field));
    expect(read({ snapshot_deltas: [record] })).toMatchObject({
      code: 'bad-frame',
      detail: { field },
    });
  });

  it.each([
    ['parent_snapshot_id', null],
    ['delta_add', []],
    ['delta_add', { a: null }],
    ['delta_remove', {}],
    ['delta_remove', [7]],
    ['manifest', {}],
  ])('with %s = %j is refused', (field, value) => {
    expect(read({ snapshot_deltas: [{ ...delta, [field]: value }] })).toMatchObject({
      code: 'bad-frame',
      detail: { field, index: 0, snapshot_id: idOf('6') },
    });
  });

  it('adds and removes no more than a snapshot may have', () => {
    for (const change of [
      { delta_remove: ['a', 'b', 'c', 'd'] },
      { delta_add: { a: idOf('0'), b: idOf('0'), c: idOf('0'), d: idOf('0') } },
    ]) {
      expect(read({ snapshot_deltas: [{ ...delta, ...change }] })).toMatchObject({
        code: 'limit-exceeded',
        detail: { limit: 'snapshot_max_entries', max: 3 },
      });
    }
  });
});
