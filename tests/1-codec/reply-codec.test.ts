import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { IdFormat } from '~/muse/ids';
import { decodeReplyFrame, encodeReplyFrame } from '~/wire/frame-codec';
import type { ErrorFrame, ProgressFrame, ReplyFrame, ResultFrame } from '~/wire/frames';
import { errorToJson } from '~/wire/reply-codec';
import { idOf } from '~tests/support/wire-samples';

const progress: ProgressFrame = {
  type: 'P',
  phase: 'applying',
  objects: 70_000,
  commits: 3,
  bytes: 2 ** 40,
};

const error: ErrorFrame = {
  type: 'X',
  code: 'stale-head',
  message: 'The branch has moved.',
  retryable: true,
  pushId: '00000000-0000-4000-8000-000000000001',
  detail: { current_head: `sha256:${idOf('a')}`, limits: [1, 2.5, null], nested: { ok: true } },
};

const result: ResultFrame = {
  type: 'R',
  pushId: '00000000-0000-4000-8000-000000000001',
  seq: 7,
  branch: 'main',
  kind: 'fast-forward',
  oldHead: idOf('a'),
  newHead: idOf('b'),
  objectsNew: 1,
  objectsReused: 2,
  commitsNew: 3,
  snapshotsNew: 4,
  bytesReceived: 5,
  bytesStored: 6,
  durationMs: 8,
  branchHeads: { main: idOf('b'), ['__proto__']: idOf('c') },
  url: 'https://hub.example/ada/demo/commit/b',
  warnings: [{ code: 'polyglot', message: 'Two formats.', path: 'a.svg' }],
};

describe('a reply', () => {
  const frames: ReplyFrame[] = [
    progress,
    error,
    { type: 'X', code: 'internal', message: 'm', retryable: false, detail: {} },
    result,
    { ...result, kind: 'create', oldHead: null, warnings: [], replayed: true },
    { ...result, kind: 'delete', newHead: null, branchHeads: {}, url: '' },
  ];

  it.each(
    frames.flatMap((frame) =>
      (['bare', 'prefixed'] as IdFormat[]).map((idFormat) => ({ frame, idFormat })),
    ),
  )('is read as it was written: $frame.type, $idFormat ids', ({ frame, idFormat }) => {
    expect(decodeReplyFrame(encodeReplyFrame(frame, idFormat))).toEqual(frame);
  });

  it('has the names of the protocol', () => {
    expect(decode(encodeReplyFrame(progress, 'bare'))).toEqual({
      t: 'P',
      phase: 'applying',
      objects: 70_000,
      commits: 3,
      bytes: 2 ** 40,
    });
    expect(decode(encodeReplyFrame(error, 'bare'))).toEqual({
      t: 'X',
      code: 'stale-head',
      message: 'The branch has moved.',
      retryable: true,
      push_id: error.pushId,
      detail: error.detail,
    });
    const plain = { ...result, branchHeads: { main: idOf('b') } };
    expect(decode(encodeReplyFrame(plain, 'prefixed'))).toEqual({
      t: 'R',
      push_id: result.pushId,
      seq: 7,
      branch: 'main',
      kind: 'fast-forward',
      old_head: `sha256:${idOf('a')}`,
      new_head: `sha256:${idOf('b')}`,
      objects_new: 1,
      objects_reused: 2,
      commits_new: 3,
      snapshots_new: 4,
      bytes_received: 5,
      bytes_stored: 6,
      duration_ms: 8,
      branch_heads: { main: `sha256:${idOf('b')}` },
      url: result.url,
      warnings: [{ code: 'polyglot', message: 'Two formats.', path: 'a.svg' }],
    });
  });

  it('says the same in JSON when it is an ERROR', () => {
    expect(JSON.parse(JSON.stringify(errorToJson(error)))).toEqual(
      decode(encodeReplyFrame(error, 'prefixed')),
    );
    expect(errorToJson({ ...error, pushId: undefined })).not.toHaveProperty('push_id');
  });

  it('with a code of a later version is an error still, and keeps what it says', () => {
    const bytes = encode({
      t: 'X',
      code: 'too-new',
      message: 'Do this.',
      retryable: true,
      detail: { a: 1 },
    });
    expect(decodeReplyFrame(bytes)).toEqual({
      type: 'X',
      code: 'internal',
      message: 'Do this.',
      retryable: true,
      detail: { a: 1, code: 'too-new' },
    });
  });

  it('may have keys that nobody knows, and ids in neither field', () => {
    const fields = decode(encodeReplyFrame(progress, 'bare')) as object;
    expect(decodeReplyFrame(encode({ ...fields, later: [1] }))).toEqual(progress);
  });

  const fields = {
    P: decode(encodeReplyFrame(progress, 'bare')) as Record<string, unknown>,
    X: decode(encodeReplyFrame(error, 'bare')) as Record<string, unknown>,
    R: {
      ...(decode(encodeReplyFrame({ ...result, branchHeads: {} }, 'bare')) as object),
    } as Record<string, unknown>,
  };

  it.each([
    ['P', 'phase', 'sleeping'],
    ['P', 'objects', -1],
    ['X', 'code', 7],
    ['X', 'message', null],
    ['X', 'retryable', 1],
    ['X', 'detail', []],
    ['R', 'kind', 'merge'],
    ['R', 'seq', '1'],
    ['R', 'old_head', 'x'],
    ['R', 'new_head', 7],
    ['R', 'branch_heads', { main: 7 }],
    ['R', 'branch_heads', []],
    ['R', 'warnings', [{ code: 'x' }]],
    ['R', 'warnings', ['x']],
    ['R', 'warnings', {}],
    ['R', 'replayed', 1],
    ['R', 'url', null],
  ] as const)('%s with %s = %j is refused by name', (type, field, value) => {
    expect(decodeReplyFrame(encode({ ...fields[type], [field]: value }))).toMatchObject({
      code: 'bad-frame',
      detail: { frame: type, field },
    });
  });

  it.each(Object.keys(fields.R).filter((key) => key !== 't'))('RESULT needs %s', (field) => {
    const less = Object.fromEntries(Object.entries(fields.R).filter(([key]) => key !== field));
    expect(decodeReplyFrame(encode(less))).toMatchObject({
      code: 'bad-frame',
      detail: { frame: 'R', field },
    });
  });

  it.each(['code', 'message'])('ERROR needs %s', (field) => {
    const less = Object.fromEntries(Object.entries(fields.X).filter(([key]) => key !== field));
    expect(decodeReplyFrame(encode(less))).toMatchObject({ detail: { frame: 'X', field } });
  });
});
