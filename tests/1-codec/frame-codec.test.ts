import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { IdFormat } from '~/muse/ids';
import { isViolation } from '~/wire/errors';
import {
  decodeFetchFrame,
  decodePushFrame,
  decodeReplyFrame,
  encodeFetchFrame,
  encodeObjectHead,
  encodePushFrame,
} from '~/wire/frame-codec';
import type { FetchFrame, OutgoingFetchFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { conversations, frameOf, idOf, recordOf, scanAll } from '~tests/support/wire-samples';

const limits: Limits = { ...DEFAULT_LIMITS, maxObjectBytes: 1_000 };
const PUSH_ID = '0E2B7A1C-0000-4000-8000-00000000000A';

/** Fields as a library writes them, read as a frame of a push. */
const push = (fields: Record<string, unknown>) => decodePushFrame(encode(fields), limits);

const header = {
  t: 'H',
  v: 2,
  branch: 'main',
  head: idOf('a'),
  n_objects: 1,
  n_commits: 2,
};
const object = { t: 'O', id: idOf('a'), size: 5, enc: 'raw', data: Buffer.from('hello') };
const chunk = { ...object, t: 'OC', seq: 0, last: false };
const end = { t: 'E', n_objects: 1, n_commits: 2 };

const without = (fields: Record<string, unknown>, key: string) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));

describe('HEADER', () => {
  it('is read with only what it must have', () => {
    expect(push(header)).toEqual({
      type: 'H',
      version: 2,
      branch: 'main',
      head: idOf('a'),
      force: false,
      objectCount: 1,
      commitCount: 2,
      idFormat: 'bare',
      wireBytes: encode(header).length,
    });
  });

  it('is read with all it may have, and with keys that nobody knows', () => {
    const all = {
      ...{ x: { y: [1] }, ...header, push_id: PUSH_ID, expected_head: null, force: true },
      ...{ n_bytes: 7, client: 'muse/0.1.5', z: null },
    };
    expect(push(all)).toMatchObject({
      pushId: PUSH_ID.toLowerCase(),
      expectedHead: null,
      force: true,
      byteCount: 7,
      client: 'muse/0.1.5',
    });
  });

  it('tells an expected head that is absent, nil and given apart', () => {
    expect(push(header)).not.toHaveProperty('expectedHead');
    expect(push({ ...header, expected_head: null })).toHaveProperty('expectedHead', null);
    expect(push({ ...header, expected_head: idOf('b') })).toHaveProperty('expectedHead', idOf('b'));
  });

  it('takes nil for what is optional', () => {
    const nils = { push_id: null, force: null, n_bytes: null, client: null };
    const frame = push({ ...header, ...nils });
    expect(frame).toMatchObject({ type: 'H', force: false });
    expect(frame).not.toHaveProperty('pushId');
  });

  it('has no form of ids when it deletes a branch without saying which head', () => {
    expect(push({ ...header, head: null })).toMatchObject({ head: null, idFormat: null });
  });

  it.each([1, 3, 0, -2, '2', 2.5, null, [2]])('of version %j is refused, whatever else', (v) => {
    for (const fields of [
      { t: 'H', v },
      { t: 'H', branch: 7, v },
      { ...header, v },
    ]) {
      expect(push(fields)).toMatchObject({
        code: 'unsupported-version',
        detail: { frame: 'H', field: 'v', supported: [2] },
      });
    }
  });
});

describe('a field that is not what it must be is named', () => {
  const cases: [frame: Record<string, unknown>, field: string, values: unknown[]][] = [
    [header, 'push_id', ['', 'x', 7, idOf('a'), 'g0000000-0000-4000-8000-000000000001']],
    [header, 'branch', [null, 7, Buffer.of(1), ['main'], 'a\0b']],
    [header, 'head', ['', 'main', idOf('A'), idOf('a').slice(1), `sha1:${idOf('a')}`, 7]],
    [header, 'expected_head', ['', 'sha256:', 0, false]],
    [header, 'force', [1, 'true', 0]],
    [header, 'n_objects', [-1, 1.5, '1', null, true]],
    [header, 'n_commits', [-1, 0.5, '1', null]],
    [header, 'n_bytes', [-1, 1.5, 'many']],
    [header, 'client', [7, 'x'.repeat(257), 'muse\0']],
    [object, 'id', ['', null, 7, idOf('G'), Buffer.alloc(32)]],
    [object, 'size', [-1, 2.5, '5', null]],
    [object, 'data', ['hello', null, [1, 2]]],
    [object, 'path', [7, 'a\0b']],
    [chunk, 'seq', [-1, 1.5, null, '0']],
    [chunk, 'last', [0, 1, null, 'no']],
    [chunk, 'size', [-1, null]],
    [chunk, 'data', ['x', null]],
    [end, 'n_objects', [-1, null, '1']],
    [end, 'n_commits', [-1, null, 1.5]],
  ];
  const rows = cases.flatMap(([frame, field, values]) =>
    values.map((value) => ({ frame, field, value })),
  );

  it.each(rows)('$frame.t: $field = $value', ({ frame, field, value }) => {
    expect(push({ ...frame, [field]: value })).toMatchObject({
      code: 'bad-frame',
      detail: { frame: frame.t, field },
      message: expect.stringContaining(field),
    });
  });

  const required: [Record<string, unknown>, string[]][] = [
    [header, ['v', 'branch', 'head', 'n_objects', 'n_commits']],
    [object, ['id', 'size', 'enc', 'data']],
    [chunk, ['id', 'size', 'enc', 'data', 'seq', 'last']],
    [end, ['n_objects', 'n_commits']],
  ];
  const missing = required.flatMap(([frame, fields]) => fields.map((field) => ({ frame, field })));

  it.each(missing)('$frame.t without $field', ({ frame, field }) => {
    expect(push(without(frame, field))).toMatchObject({
      code: 'bad-frame',
      detail: { frame: frame.t, field },
    });
  });

  it.each(['gzip', 'RAW', '', 'x'.repeat(50), 7, null])('an encoding %j is unsupported', (enc) => {
    for (const frame of [object, chunk]) {
      expect(push({ ...frame, enc })).toMatchObject({
        code: 'unsupported-encoding',
        detail: { frame: frame.t, field: 'enc', object_id: idOf('a') },
      });
    }
  });

  it('an object larger than the limit, with the limit and the object', () => {
    for (const frame of [object, chunk]) {
      expect(push({ ...frame, size: 1_000 })).toMatchObject({ size: 1_000 });
      expect(push({ ...frame, size: 1_001 })).toMatchObject({
        code: 'limit-exceeded',
        detail: {
          field: 'size',
          limit: 'stream_max_object_bytes',
          max: 1_000,
          object_id: idOf('a'),
        },
      });
    }
  });

  it('ids of two forms in one frame', () => {
    expect(push({ ...header, expected_head: `sha256:${idOf('b')}` })).toMatchObject({
      code: 'id-format-mismatch',
      detail: { field: 'expected_head' },
    });
  });
});

describe('the code of a frame', () => {
  it.each(['', 'h', 'Q', 'HH', 'constructor', '__proto__', 'x'.repeat(1000)])(
    '%j is unknown',
    (t) => {
      expect(push({ t })).toMatchObject({ code: 'bad-frame', detail: { field: 't' } });
    },
  );

  it.each([7, null, Buffer.of(72), ['H']])('%j is no code', (t) => {
    expect(push({ t })).toMatchObject({ code: 'bad-frame', detail: { field: 't' } });
  });

  it('is required', () => {
    expect(push(without(end, 't'))).toMatchObject({ code: 'bad-frame', detail: { field: 't' } });
  });

  it('of a reply has no place in a push, and the other way round', () => {
    for (const t of ['P', 'X', 'R']) expect(push({ t })).toMatchObject({ code: 'bad-frame' });
    for (const t of ['H', 'O', 'OC', 'C', 'E']) {
      expect(decodeReplyFrame(encode({ t }))).toMatchObject({
        code: 'bad-frame',
        message: expect.stringContaining('no place in this direction'),
      });
    }
    for (const t of ['P', 'R']) {
      expect(decodeFetchFrame(encode({ t }), limits)).toMatchObject({ code: 'bad-frame' });
    }
  });

  it('may come last', () => {
    const late = { ...without(object, 't'), t: 'O' };
    expect(push(late)).toMatchObject({ type: 'O', id: idOf('a') });
  });

  it('is not read from bytes that go on after the frame', () => {
    const bytes = Buffer.concat([encode(end), encode(end)]);
    expect(decodePushFrame(bytes, limits)).toMatchObject({ code: 'bad-frame' });
  });
});

describe('OBJECT and OBJECT_CHUNK', () => {
  it('give their data as a part of the frame', () => {
    const bytes = encode(object);
    const frame = decodePushFrame(bytes, limits);
    if (isViolation(frame) || frame.type !== 'O') throw new Error('not an object');
    expect(frame.data.buffer).toBe(bytes.buffer);
    expect(Buffer.from(frame.data).toString()).toBe('hello');
  });

  it('are written as a head, and then the data', () => {
    const data = Buffer.alloc(70_000, 7);
    for (const idFormat of ['bare', 'prefixed'] as IdFormat[]) {
      for (const frame of [
        frameOf.object({ data, path: 'a/ü.txt' }),
        frameOf.object({ data }),
        frameOf.chunk({ data, seq: 300, last: true }),
      ]) {
        const head = encodeObjectHead(frame, data.length, idFormat);
        expect(Buffer.concat([head, data])).toEqual(Buffer.from(encodePushFrame(frame, idFormat)));
      }
    }
  });
});

describe('what is written', () => {
  const cases = (['bare', 'prefixed'] as IdFormat[]).flatMap((idFormat) =>
    conversations(idFormat).flatMap(({ name, frames }) =>
      frames.map((frame, i) => ({ title: `${name}, frame ${i}, ${idFormat}`, frame, idFormat })),
    ),
  );

  it.each(cases)('is read as the same: $title', ({ frame, idFormat }) => {
    const bytes = encodePushFrame(frame, idFormat);
    expect(scanAll(bytes)).toMatchObject({ frames: [Buffer.from(bytes)], violation: null });
    const decoded = decodePushFrame(bytes, DEFAULT_LIMITS);
    expect(decoded).toMatchObject(comparable(frame));
    expect(decoded).toMatchObject({ wireBytes: bytes.length });
  });

  it('is read by another decoder, with the names of the protocol', () => {
    const frames = conversations('prefixed')[0]!.frames.map(
      (frame) => decode(encodePushFrame(frame, 'prefixed')) as Record<string, unknown>,
    );
    const prefixed = (digit: string) => `sha256:${idOf(digit)}`;
    expect(frames).toMatchObject([
      {
        t: 'H',
        v: 2,
        push_id: '00000000-0000-4000-8000-000000000001',
        branch: 'main',
        head: prefixed('c'),
        expected_head: null,
        force: false,
        n_objects: 1,
        n_commits: 1,
        n_bytes: 6,
        client: 'muse/0.1.5',
      },
      { t: 'O', id: prefixed('0'), size: 6, enc: 'raw', path: 'README.md' },
      {
        t: 'C',
        commits: [{ commit_id: prefixed('c'), message: 'feat: a commit' }],
        snapshots: [
          {
            snapshot_id: prefixed('5'),
            manifest: { 'README.md': prefixed('0') },
            created_at: '2026-04-16T12:00:00+00:00',
          },
        ],
        snapshot_deltas: [],
      },
      { t: 'E', n_objects: 1, n_commits: 1 },
    ]);
    expect(Object.keys(frames[1]!).at(-1)).toBe('data');
  });
});

describe('the frames of a fetch', () => {
  const frames: OutgoingFetchFrame[] = [
    {
      type: 'H',
      version: 2,
      objectCount: 3,
      commitCount: 1,
      idFormat: 'prefixed',
      branchHeads: { main: idOf('a'), 'feat/x': idOf('b') },
    },
    frameOf.object(),
    frameOf.chunk(),
    frameOf.pack({ commits: [recordOf({}, 'prefixed')] }),
    frameOf.end(),
    {
      type: 'X',
      code: 'object-not-found',
      message: 'Not here.',
      retryable: false,
      detail: { id: idOf('a') },
    },
  ];

  it.each(frames)('are read as they were written: $type', (frame) => {
    const decoded = decodeFetchFrame(encodeFetchFrame(frame, 'prefixed'), DEFAULT_LIMITS);
    expect(decoded).toMatchObject(comparable(frame));
  });

  it.each(['v', 'n_objects', 'n_commits', 'id_format', 'branch_heads'])('need %s', (field) => {
    const fields = decode(encodeFetchFrame(frames[0]!, 'prefixed')) as Record<string, unknown>;
    const decoded = decodeFetchFrame(encode(without(fields, field)), DEFAULT_LIMITS);
    expect(decoded).toMatchObject({ code: 'bad-frame', detail: { field } });
  });

  it('refuse a form of ids that there is not, and another version', () => {
    const fields = decode(encodeFetchFrame(frames[0]!, 'prefixed')) as Record<string, unknown>;
    const read = (change: Record<string, unknown>): FetchFrame | { code: string } =>
      decodeFetchFrame(encode({ ...fields, ...change }), DEFAULT_LIMITS);
    expect(read({ id_format: 'base32' })).toMatchObject({ detail: { field: 'id_format' } });
    expect(read({ v: 3 })).toMatchObject({ code: 'unsupported-version' });
    expect(read({ branch_heads: { main: 'x' } })).toMatchObject({
      detail: { field: 'branch_heads' },
    });
  });
});

/** A frame with plain bytes, since parts of a buffer and whole arrays differ only in their class. */
function comparable(value: unknown): object {
  return JSON.parse(JSON.stringify(value), (_key, item) =>
    item?.type === 'Buffer' ? Buffer.from(item.data) : item,
  );
}
