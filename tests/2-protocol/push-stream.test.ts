import { describe, expect, it } from 'vitest';
import type { IdFormat } from '~/muse/ids';
import { isViolation } from '~/wire/errors';
import { decodePushFrame, encodePushFrame } from '~/wire/frame-codec';
import type { OutgoingPushFrame, PushFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { onEof, onFrame, type PushState, type PushStep, startPush } from '~/wire/push-stream';
import { frameOf, idOf, recordOf } from '~tests/support/wire-samples';

/** A frame as it comes off the wire. */
function wire(frame: OutgoingPushFrame, idFormat: IdFormat = 'bare'): PushFrame {
  const decoded = decodePushFrame(encodePushFrame(frame, idFormat), DEFAULT_LIMITS);
  if (isViolation(decoded)) throw new Error(decoded.message);
  return decoded;
}

function feed(
  frames: PushFrame[],
  limits: Limits = DEFAULT_LIMITS,
  from: PushState = startPush(),
): PushState {
  let state = from;
  for (const frame of frames) {
    const step = onFrame(state, frame, limits);
    if (isViolation(step)) throw new Error(`${step.code}: ${step.message}`);
    state = step.state;
  }
  return state;
}

const header = wire(frameOf.header({ objectCount: 2, commitCount: 2 }));
const record = (digit: string) => recordOf({ commit_id: idOf(digit) });
const emptyPack = wire(frameOf.pack({ commits: [] }));

/** Every state the machine can be in, as the frames that lead there. */
const STATES: Record<string, PushFrame[]> = {
  header: [],
  'objects (none yet)': [header],
  'objects (one of two)': [header, wire(frameOf.object())],
  'objects (all)': [header, wire(frameOf.object()), wire(frameOf.object({ id: idOf('1') }))],
  'chunk (the first object)': [header, wire(frameOf.chunk())],
  'chunk (the last object)': [header, wire(frameOf.object()), wire(frameOf.chunk())],
  'packs (one commit of two)': [
    header,
    wire(frameOf.object()),
    wire(frameOf.object()),
    wire(frameOf.pack()),
  ],
  'packs (all commits)': [
    header,
    wire(frameOf.object()),
    wire(frameOf.object()),
    wire(frameOf.pack({ commits: [record('b'), record('c')] })),
  ],
  ended: [
    header,
    wire(frameOf.object()),
    wire(frameOf.object()),
    wire(frameOf.pack({ commits: [record('b'), record('c')] })),
    wire(frameOf.end({ objectCount: 2, commitCount: 2 })),
  ],
};

/** Every kind of frame, in the shapes that matter. */
const FRAMES: Record<string, PushFrame> = {
  H: header,
  O: wire(frameOf.object({ id: idOf('2') })),
  'OC 0': wire(frameOf.chunk()),
  'OC 0 last': wire(frameOf.chunk({ last: true })),
  'OC 1': wire(frameOf.chunk({ seq: 1 })),
  'OC 1 last': wire(frameOf.chunk({ seq: 1, last: true })),
  'OC 2': wire(frameOf.chunk({ seq: 2 })),
  'C of 1': wire(frameOf.pack({ commits: [record('d')] })),
  'C of 0': emptyPack,
  E: wire(frameOf.end({ objectCount: 2, commitCount: 2 })),
};

const order = 'frame-out-of-order';
const count = 'count-mismatch';

/** What each frame comes to in each state: the state after it, or the code of the violation. */
const GRID: Record<string, Record<string, string>> = {
  header: {
    ...{ H: 'objects', O: order, 'OC 0': order, 'OC 0 last': order, 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': order, 'C of 0': order, E: order },
  },
  'objects (none yet)': {
    ...{ H: order, O: 'objects', 'OC 0': 'chunk', 'OC 0 last': 'objects', 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': count, 'C of 0': count, E: count },
  },
  'objects (one of two)': {
    ...{ H: order, O: 'objects', 'OC 0': 'chunk', 'OC 0 last': 'objects', 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': count, 'C of 0': count, E: count },
  },
  'objects (all)': {
    ...{ H: order, O: count, 'OC 0': count, 'OC 0 last': count, 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': 'packs', 'C of 0': 'packs', E: count },
  },
  'chunk (the first object)': {
    ...{ H: order, O: order, 'OC 0': order, 'OC 0 last': order, 'OC 1': 'chunk' },
    ...{ 'OC 1 last': 'objects', 'OC 2': order, 'C of 1': order, 'C of 0': order, E: order },
  },
  'chunk (the last object)': {
    ...{ H: order, O: order, 'OC 0': order, 'OC 0 last': order, 'OC 1': 'chunk' },
    ...{ 'OC 1 last': 'objects', 'OC 2': order, 'C of 1': order, 'C of 0': order, E: order },
  },
  'packs (one commit of two)': {
    ...{ H: order, O: order, 'OC 0': order, 'OC 0 last': order, 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': 'packs', 'C of 0': 'packs', E: count },
  },
  'packs (all commits)': {
    ...{ H: order, O: order, 'OC 0': order, 'OC 0 last': order, 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': count, 'C of 0': 'packs', E: 'ended' },
  },
  ended: {
    ...{ H: order, O: order, 'OC 0': order, 'OC 0 last': order, 'OC 1': order },
    ...{ 'OC 1 last': order, 'OC 2': order, 'C of 1': order, 'C of 0': order, E: order },
  },
};

describe('a push, state by state', () => {
  it('has a rule for every frame in every state', () => {
    expect(Object.keys(GRID)).toEqual(Object.keys(STATES));
    for (const row of Object.values(GRID)) {
      expect(Object.keys(row).sort()).toEqual(Object.keys(FRAMES).sort());
    }
  });

  const cells = Object.entries(GRID).flatMap(([state, row]) =>
    Object.entries(row).map(([frame, outcome]) => ({ state, frame, outcome })),
  );

  it.each(cells)('in $state, $frame comes to $outcome', ({ state, frame, outcome }) => {
    const before = feed(STATES[state]!);
    const copy = structuredClone(before);
    const step = onFrame(before, FRAMES[frame]!, DEFAULT_LIMITS);
    expect(isViolation(step) ? step.code : step.state.at).toBe(outcome);
    expect(before, 'the state before is not changed').toEqual(copy);
  });

  it.each(Object.keys(STATES))('an end of the stream in %s is no success before END', (state) => {
    const violation = onEof(feed(STATES[state]!));
    if (state === 'ended') expect(violation).toBeNull();
    else expect(violation?.code).toBe('truncated-stream');
  });
});

describe('the actions of a push', () => {
  it('hand on the frame, and say which chunk is the first and which the last', () => {
    const frames = [
      wire(frameOf.header({ objectCount: 1, commitCount: 0 })),
      wire(frameOf.chunk()),
      wire(frameOf.chunk({ seq: 1 })),
      wire(frameOf.chunk({ seq: 2, last: true, data: Buffer.alloc(0) })),
    ];
    const steps: PushStep[] = [];
    let state = startPush();
    for (const frame of frames) {
      const step = onFrame(state, frame, DEFAULT_LIMITS);
      if (isViolation(step)) throw new Error(step.message);
      steps.push(step);
      state = step.state;
    }
    expect(steps.map((step) => step.action)).toEqual([
      { kind: 'open', header: frames[0] },
      { kind: 'keep-chunk', frame: frames[1], first: true, last: false },
      { kind: 'keep-chunk', frame: frames[2], first: false, last: false },
      { kind: 'keep-chunk', frame: frames[3], first: false, last: true },
    ]);
  });

  it('count an object in chunks once, and one that is sent twice twice', () => {
    const state = feed([
      wire(frameOf.header({ objectCount: 3, commitCount: 0 })),
      wire(frameOf.chunk()),
      wire(frameOf.chunk({ seq: 1, last: true })),
      wire(frameOf.object()),
      wire(frameOf.object()),
      wire(frameOf.end({ objectCount: 3, commitCount: 0 })),
    ]);
    expect(state).toMatchObject({ at: 'ended', objects: 3 });
  });

  it('begin a new object after the last chunk of one', () => {
    const state = feed([
      wire(frameOf.header({ objectCount: 3, commitCount: 0 })),
      wire(frameOf.chunk()),
      wire(frameOf.chunk({ seq: 1, last: true })),
      wire(frameOf.chunk({ id: idOf('1'), last: true, encoding: 'zlib', size: 9 })),
      wire(frameOf.chunk({ id: idOf('1') })),
    ]);
    expect(state).toMatchObject({ at: 'chunk', objects: 3, chunk: { id: idOf('1'), seq: 0 } });
  });

  it('keep no data of a chunk in the state', () => {
    const state = feed([header, wire(frameOf.chunk())]);
    expect(state.chunk).not.toHaveProperty('data');
  });
});

describe('a HEADER', () => {
  const limits: Limits = { ...DEFAULT_LIMITS, maxObjects: 10, maxCommits: 5 };
  const open = (fields: Parameters<typeof frameOf.header>[0]) =>
    onFrame(startPush(), wire(frameOf.header(fields)), limits);

  it('may declare as much as the limits allow', () => {
    expect(open({ objectCount: 10, commitCount: 5 })).toMatchObject({ action: { kind: 'open' } });
  });

  it('may not declare more objects or commits than the limits allow', () => {
    expect(open({ objectCount: 11 })).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'n_objects', limit: 'stream_max_objects', max: 10, count: 11 },
    });
    expect(open({ commitCount: 6 })).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'n_commits', limit: 'stream_max_commits', max: 5, count: 6 },
    });
  });

  it('that deletes a branch declares nothing', () => {
    const deletion = { head: null, objectCount: 0, commitCount: 0 };
    expect(open(deletion)).toMatchObject({ action: { kind: 'open' } });
    expect(open({ ...deletion, objectCount: 1 })).toMatchObject({
      code: 'bad-frame',
      detail: { field: 'n_objects' },
    });
    expect(open({ ...deletion, commitCount: 1 })).toMatchObject({
      code: 'bad-frame',
      detail: { field: 'n_commits' },
    });
  });

  it('with force says which head it replaces, be it none', () => {
    expect(open({ force: true })).toMatchObject({
      code: 'bad-frame',
      detail: { field: 'expected_head' },
    });
    for (const expectedHead of [null, idOf('a')]) {
      expect(open({ force: true, expectedHead })).toMatchObject({ action: { kind: 'open' } });
    }
  });
});

describe('the chunks of an object', () => {
  const begun = feed([header, wire(frameOf.chunk())]);
  const next = (fields: Parameters<typeof frameOf.chunk>[0]) =>
    onFrame(begun, wire(frameOf.chunk({ seq: 1, ...fields })), DEFAULT_LIMITS);

  it('have one id, one size and one encoding', () => {
    expect(next({ id: idOf('1') })).toMatchObject({ code: order });
    expect(next({ size: 7 })).toMatchObject({ code: 'bad-frame', detail: { field: 'size' } });
    expect(next({ encoding: 'zlib' })).toMatchObject({
      code: 'bad-frame',
      detail: { field: 'enc' },
    });
  });

  it('carry data, all but the last', () => {
    const none = { data: Buffer.alloc(0) };
    expect(next(none)).toMatchObject({ code: 'bad-frame', detail: { field: 'data', seq: 1 } });
    expect(next({ ...none, last: true })).toMatchObject({ action: { kind: 'keep-chunk' } });
  });

  it('are named in what is wrong with their order', () => {
    expect(next({ seq: 3 })).toMatchObject({
      code: order,
      detail: { frame: 'OC', object_id: idOf('0'), state: 'chunk' },
    });
  });
});

describe('the form of ids in a push', () => {
  it('is that of the HEADER', () => {
    const state = feed([wire(frameOf.header(), 'prefixed')]);
    expect(onFrame(state, wire(frameOf.object()), DEFAULT_LIMITS)).toMatchObject({
      code: 'id-format-mismatch',
      detail: { expected: 'prefixed', received: 'bare', frame: 'O' },
    });
  });

  it('is that of the first frame with an id when HEADER has none', () => {
    const opened = wire(frameOf.header({ head: null, objectCount: 0, commitCount: 0 }));
    expect(opened.idFormat).toBeNull();
    const state = feed([opened, wire(frameOf.pack({ commits: [] }))]);
    expect(state.idFormat).toBeNull();
    const snapshot = {
      id: idOf('5'),
      manifest: [],
      extra: Uint8Array.of(0x80),
      laterSchema: false,
    };
    const prefixed = wire(frameOf.pack({ commits: [], snapshots: [snapshot] }), 'prefixed');
    const bare = wire(frameOf.pack({ commits: [], snapshots: [snapshot] }));
    const settled = feed([prefixed], DEFAULT_LIMITS, state);
    expect(settled.idFormat).toBe('prefixed');
    expect(onFrame(settled, bare, DEFAULT_LIMITS)).toMatchObject({ code: 'id-format-mismatch' });
  });
});

describe('the counts of a push', () => {
  const limits: Limits = { ...DEFAULT_LIMITS, maxCommits: 2 };
  const opened = feed([wire(frameOf.header({ objectCount: 0, commitCount: 2 }))], limits);

  it('are compared with HEADER as soon as there is one too many', () => {
    const commits = [record('a'), record('b'), record('c')];
    expect(onFrame(opened, wire(frameOf.pack({ commits })), limits)).toMatchObject({
      code: 'count-mismatch',
      detail: { field: 'n_commits', declared: 2, received: 3 },
    });
  });

  it('are compared with what END says', () => {
    const full = feed(
      [wire(frameOf.pack({ commits: [record('a'), record('b')] }))],
      limits,
      opened,
    );
    for (const [counts, field] of [
      [{ objectCount: 1, commitCount: 2 }, 'n_objects'],
      [{ objectCount: 0, commitCount: 1 }, 'n_commits'],
    ] as const) {
      expect(onFrame(full, wire(frameOf.end(counts)), limits)).toMatchObject({
        code: 'count-mismatch',
        detail: { field },
      });
    }
  });

  it('bound the snapshots and the packs too', () => {
    const snapshot = {
      id: idOf('5'),
      manifest: [],
      extra: Uint8Array.of(0x80),
      laterSchema: false,
    };
    const three = wire(frameOf.pack({ commits: [], snapshots: [snapshot, snapshot, snapshot] }));
    expect(onFrame(opened, three, limits)).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'snapshots', limit: 'stream_max_commits' },
    });
    const state = feed([emptyPack, emptyPack, emptyPack], limits, opened);
    expect(onFrame(state, emptyPack, limits)).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'packs' },
    });
  });
});
