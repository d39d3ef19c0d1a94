import { beforeEach, describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { encodePushFrame } from '~/wire/frame-codec';
import { SFRAME_END, SFRAME_HEADER } from '~/wire/frames';
import { decodeValue } from '~/wire/msgpack-reader';
import { encodeValue } from '~/wire/msgpack-writer';
import { commitOf, framesOf, type ScriptCommit } from '~tests/support/push-script';
import { PushStage } from '~tests/support/push-stage';

let stage: PushStage;
beforeEach(async () => {
  stage = await PushStage.open();
});

const first = () => commitOf({ files: { 'README.md': 'hello\n', 'empty.txt': '' } });
const childOf = (
  parent: ScriptCommit,
  files: Record<string, string> = { 'README.md': 'hello\n' },
) => commitOf({ files, parents: [parent], message: 'fix: after' });

describe('a push', () => {
  it('creates a branch with everything its head needs', async () => {
    const commit = first();
    const result = await stage.push({ commits: [commit] });
    expect(result).toMatchObject({
      kind: 'create',
      seq: 1,
      branch: 'main',
      oldHead: null,
      newHead: commit.id,
      objectsNew: 2,
      commitsNew: 1,
      snapshotsNew: 1,
      branchHeads: { main: commit.id },
      url: `http://hub.test/commits/${commit.id}`,
      warnings: [],
    });
    expect([...(await stage.readBack()).values()].map(String).sort()).toEqual(['', 'hello\n']);
  });

  it('keeps the exact bytes of a commit record, unknown keys and all', async () => {
    const commit = commitOf({ files: {}, record: { zebra: 1.5, ünknown: ['x', null] } });
    await stage.push({ commits: [commit] });
    const stored = await stage.store.loadRecords(stage.repoId, [commit.id]);
    expect(Buffer.from(stored.get(commit.id)!)).toEqual(Buffer.from(commit.record.raw));
  });

  it('moves a branch forward over commits and snapshots that are stored already', async () => {
    const one = first();
    await stage.push({ commits: [one] });
    const two = childOf(one);
    const result = await stage.push({ commits: [two], objects: new Map() });
    expect(result).toMatchObject({ kind: 'fast-forward', seq: 2, oldHead: one.id, objectsNew: 0 });
    expect(stage.head()).toBe(two.id);
  });

  it('knows the manifest that the last push left, when the next tells what differs', async () => {
    const one = first();
    await stage.push({ commits: [one] });
    const asked: string[] = [];
    stage.store = {
      ...stage.store,
      loadTrees: async () => {
        asked.push('trees');
        return new Map();
      },
      findSnapshots: async () => {
        asked.push('snapshots');
        return new Map();
      },
    };
    Object.setPrototypeOf(stage.store, stage.world.push);
    const two = childOf(one, { 'README.md': 'hello\n', 'empty.txt': '', 'docs/new.md': 'new\n' });
    const result = await stage.push({
      commits: [two],
      objects: new Map([[objectIdOf(Buffer.from('new\n')), Buffer.from('new\n')]]),
      snapshots: [],
      snapshotDeltas: [
        {
          id: two.snapshot.id,
          parentId: one.snapshot.id,
          add: [['docs/new.md', objectIdOf(Buffer.from('new\n'))]],
          remove: [],
          extra: two.snapshot.extra,
          laterSchema: false,
        },
      ],
    });
    expect(result).toMatchObject({ kind: 'fast-forward', snapshotsNew: 1 });
    expect(asked).toEqual([]);
    stage.store = stage.world.push;
    expect([...(await stage.readBack()).values()].map(String).sort()).toEqual([
      '',
      'hello\n',
      'new\n',
    ]);
  });

  it('answers noop at once when the head is there and no commits are declared', async () => {
    const one = first();
    await stage.push({ commits: [one] });
    const result = await stage.push({ head: one.id });
    expect(result).toMatchObject({ kind: 'noop', seq: 2, oldHead: one.id, newHead: one.id });
    expect(stage.hub.jobs).toHaveLength(1);
  });

  it('deletes a branch and keeps its history', async () => {
    const one = first();
    await stage.push({ commits: [one], branch: 'topic' });
    const result = await stage.push({ head: null, branch: 'topic', expectedHead: one.id });
    expect(result).toMatchObject({ kind: 'delete', oldHead: one.id, newHead: null, url: '' });
    expect(stage.head('topic')).toBeUndefined();
    expect(await stage.push({ head: one.id, branch: 'again' })).toMatchObject({ kind: 'create' });
  });

  it('replaces a diverged head only with force, and only the expected one', async () => {
    const one = first();
    const left = childOf(one, { 'left.txt': 'l' });
    const right = childOf(one, { 'right.txt': 'r' });
    await stage.push({ commits: [one, left] });
    expect(await stage.refusal({ commits: [right] })).toMatchObject({ code: 'non-fast-forward' });
    expect(
      await stage.refusal({ commits: [right], force: true, expectedHead: one.id }),
    ).toMatchObject({ code: 'stale-head', detail: { current_head: left.id } });
    const forced = await stage.push({ commits: [right], force: true, expectedHead: left.id });
    expect(forced).toMatchObject({ kind: 'force', oldHead: left.id, newHead: right.id });
  });

  it('goes forward through the second parent of a merge', async () => {
    const one = first();
    const side = childOf(one, { 'side.txt': 's' });
    await stage.push({ commits: [one, side] });
    const other = childOf(one, { 'other.txt': 'o' });
    const merge = commitOf({ files: { 'm.txt': 'm' }, parents: [other, side], message: 'merge' });
    expect(await stage.push({ commits: [other, merge] })).toMatchObject({ kind: 'fast-forward' });
  });

  it('repeats the answer to a push id, without a second entry', async () => {
    const one = first();
    const pushId = crypto.randomUUID();
    const result = await stage.push({ commits: [one], pushId });
    const again = await stage.push({ commits: [one], pushId });
    expect(again).toEqual({ ...result, replayed: true });
    expect(stage.hub.repository(stage.repoId).pushSeq).toBe(1);
  });

  it('refuses a push id that stands for another head', async () => {
    const one = first();
    const pushId = crypto.randomUUID();
    await stage.push({ commits: [one], pushId });
    expect(await stage.refusal({ commits: [one, childOf(one)], pushId })).toMatchObject({
      code: 'push-id-conflict',
    });
    expect(await stage.store.findPush(stage.repoId, pushId)).toMatchObject({ outcome: 'accepted' });
  });

  it('takes the same push id again after a refusal', async () => {
    const one = first();
    const pushId = crypto.randomUUID();
    await stage.refusal({ commits: [one], pushId, objects: new Map() });
    expect(await stage.push({ commits: [one], pushId })).toMatchObject({ kind: 'create', pushId });
  });

  it('merges reviewed_by and test_runs of a commit that is stored, and nothing else', async () => {
    const made = (record: Record<string, unknown>, of?: ScriptCommit) =>
      of ? { ...of, record: { ...of.record, raw: changed(of, record) } } : commitOf({ record });
    const one = made({ reviewed_by: ['ada'], test_runs: 2 });
    await stage.push({ commits: [one] });
    const again = made({ reviewed_by: ['bea'], test_runs: 1 }, one);
    expect(await stage.push({ commits: [again] })).toMatchObject({ kind: 'noop' });
    const stored = await stage.store.loadRecords(stage.repoId, [one.id]);
    expect(decodeValue(stored.get(one.id)!)).toMatchObject({
      reviewed_by: ['ada', 'bea'],
      test_runs: 2,
    });
    const other = made({ agent_id: 'someone-else' }, one);
    expect(await stage.refusal({ commits: [other] })).toMatchObject({
      code: 'commit-record-conflict',
      detail: { commit_id: one.id, field: 'agent_id' },
    });
  });

  it('sends a warning for a polyglot and refuses it where the repository says so', async () => {
    const gifar = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(64, 1), zipOf('x')]);
    const commit = commitOf({ files: { 'image.gif': gifar } });
    await stage.world.setRepository(stage.repoId, { refusePolyglot: true });
    expect(await stage.refusal({ commits: [commit] })).toMatchObject({
      code: 'object-refused',
      detail: { object_id: objectIdOf(gifar) },
    });
    await stage.world.setRepository(stage.repoId, { refusePolyglot: false });
    const { warnings } = await stage.push({ commits: [commit] });
    expect(warnings).toMatchObject([{ code: 'polyglot', object_id: objectIdOf(gifar) }]);
  });

  it('ends at END: it does not wait for the end of the body', async () => {
    const frames = framesOf({ commits: [first()] });
    let given = 0;
    const never = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (given < frames.length) controller.enqueue(frames[given++]!);
        return given <= frames.length ? undefined : new Promise(() => undefined);
      },
    });
    const { FrameSource } = await import('~/server/services/frame-source');
    const source = new FrameSource(never.getReader(), stage.limits, stage.deps.clock);
    for (let frame = await source.next(); frame?.type !== SFRAME_END; frame = await source.next());
    expect(source.exhausted).toBe(false);
    expect(await stage.pushBytes(frames)).toMatchObject({ kind: 'create' });
  });

  it('is not applied after its wall time, since the sweep may have taken its segments', async () => {
    const { findCommits } = stage.store;
    const slow = Object.create(stage.store) as typeof stage.store;
    slow.findCommits = async (...args) => {
      await stage.clock.advance(stage.limits.pushMaxWallMs + 1);
      return findCommits.apply(stage.world.push, args);
    };
    stage.store = slow;
    expect(await stage.refusal({ commits: [first()] })).toMatchObject({ code: 'too-slow' });
    expect(stage.head()).toBeUndefined();
  });

  it('refuses what follows END in the same bytes', async () => {
    const frames = framesOf({ commits: [first()] });
    const joined = Buffer.concat([...frames, frames.at(-1)!]);
    expect(await stage.refusal([joined])).toMatchObject({ code: 'frame-out-of-order' });
    expect(stage.head()).toBeUndefined();
  });

  it('moves nothing when the stream is cut, at whatever frame', async () => {
    const frames = framesOf({ commits: [first()] });
    for (let kept = 0; kept < frames.length; kept++) {
      expect(await stage.refusal(frames.slice(0, kept))).toMatchObject({
        code: 'truncated-stream',
      });
    }
    expect(stage.head()).toBeUndefined();
    expect(stage.hub.countRows(stage.repoId)).toMatchObject({ objects: 0, commits: 0 });
    const outcomes = [...stage.hub.repository(stage.repoId).pushes.values()];
    expect(outcomes).toHaveLength(frames.length);
    expect(outcomes.every(({ outcome }) => outcome === 'failed')).toBe(true);
  });

  it('leaves no blob behind when it is refused', async () => {
    const commit = first();
    const stranger = commitOf({ files: { 'x.txt': 'x' } });
    await stage.refusal({ commits: [stranger, commit] });
    const blobs = [];
    for await (const blob of stage.blobs.list('segments/')) blobs.push(blob.key);
    expect(blobs).toEqual([]);
  });

  it('names the push in a refusal', async () => {
    const pushId = crypto.randomUUID();
    const { detail } = await stage.refusal({ commits: [first()], pushId, branch: '..' });
    expect(detail.push_id).toBe(pushId);
  });

  it('counts a header that deletes and creates nothing as no branch', async () => {
    const header = encodePushFrame(
      {
        type: SFRAME_HEADER,
        version: 2,
        branch: 'gone',
        head: null,
        force: false,
        objectCount: 0,
        commitCount: 0,
      },
      'bare',
    );
    expect(await stage.refusal([header])).toMatchObject({ code: 'branch-not-found' });
  });
});

/** The bytes of a record with some keys replaced; the id is not touched. */
function changed(commit: ScriptCommit, keys: Record<string, unknown>): Uint8Array {
  const value = decodeValue(commit.record.raw) as Record<string, unknown>;
  return encodeValue({ ...value, ...keys });
}

/** A ZIP of one stored file. */
function zipOf(content: string): Buffer {
  const name = Buffer.from('a');
  const data = Buffer.from(content);
  const crc = 0x8cdc1683; // of 'x'
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(10, 4);
  local.writeUInt32LE(crc, 14);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(data.length, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt32LE(crc, 16);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(data.length, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + data.length, 16);
  return Buffer.concat([local, name, data, central, name, end]);
}
