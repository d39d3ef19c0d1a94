import { describe, expect, it } from 'vitest';
import { walkNewHistory } from '~/client/history-walk';
import { type PlannedRecord, type PushPlan, planPush } from '~/client/push-plan';
import { packs } from '~/client/send-push';
import { decodePushFrame } from '~/wire/frame-codec';
import type { CommitPackFrame, SnapshotDelta, SnapshotRecord } from '~/wire/frames';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { MuseFolder } from '~tests/support/muse-folder';

const bytesOf = (record: PlannedRecord) => (typeof record === 'function' ? record() : record);

function decodePacks(plan: PushPlan, frameBytesMax = 32 * 1024 ** 2): CommitPackFrame[] {
  return [...packs(plan, frameBytesMax)].map(
    (bytes) => decodePushFrame(bytes, DEFAULT_LIMITS) as CommitPackFrame,
  );
}

/** The commits a plan sends, in order. */
const idsOf = (plan: PushPlan) =>
  decodePacks(plan).flatMap((pack) => pack.commits.map(({ commit }) => commit.id));

describe('what is new', () => {
  //   a ─ b ─ c ─ m ─ h
  //        ╲     ╱
  //         d ─ e
  async function diamond() {
    const muse = await MuseFolder.make();
    const commit = (name: string, ...parents: string[]) =>
      muse.commit({ parents, files: { [name]: name }, message: name });
    const a = commit('a');
    const b = commit('b', a);
    const c = commit('c', b);
    const d = commit('d', b);
    const e = commit('e', d);
    const m = commit('m', c, e);
    const h = commit('h', m);
    return { muse, a, b, c, d, e, m, h };
  }

  const walk = (muse: MuseFolder, head: string, known: string[]) =>
    walkNewHistory(head, known, (id) => muse.repository.readCommit(id)).commits.map(
      ({ commit }) => commit.id,
    );

  it('is everything, parents first, when nothing is known', async () => {
    const { muse, a, b, c, d, e, m, h } = await diamond();
    expect(walk(muse, h, [])).toEqual([a, b, c, d, e, m, h]);
  });

  it('ends where what is known begins, on every way', async () => {
    const { muse, a, b, c, d, e, m, h } = await diamond();
    expect(walk(muse, h, [c])).toEqual([d, e, m, h]);
    expect(walk(muse, h, [e])).toEqual([c, m, h]);
    expect(walk(muse, h, [c, e])).toEqual([m, h]);
    expect(walk(muse, h, [h])).toEqual([]);
    expect(walk(muse, c, [h])).toEqual([]);
    expect(walk(muse, e, [c])).toEqual([d, e]);
    expect(walk(muse, b, [a, 'f'.repeat(64)])).toEqual([b]);
  });

  it('is found also when clocks went backwards', async () => {
    const muse = await MuseFolder.make();
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) {
      ids.push(
        muse.commit({ parents: ids.slice(-1), files: { f: String(i) }, second: 40 - i * 3 }),
      );
    }
    expect(walk(muse, ids[11]!, [ids[7]!])).toEqual(ids.slice(8));
    const side = muse.commit({ parents: [ids[3]!], files: { s: 's' }, second: 59 });
    expect(walk(muse, side, [ids[11]!])).toEqual([side]);
  });

  it('reads a few commits only when little is new', async () => {
    const muse = await MuseFolder.make();
    const ids = muse.line('main', 60);
    let reads = 0;
    const { commits } = walkNewHistory(ids[59]!, [ids[57]!], (id) => {
      reads++;
      return muse.repository.readCommit(id);
    });
    expect(commits).toHaveLength(2);
    expect(reads).toBeLessThan(24);
  });

  it('cannot be told when a commit on the way is missing here', async () => {
    const { muse, d, h } = await diamond();
    const read = (id: string) => (id === d ? null : muse.repository.readCommit(id));
    expect(() => walkNewHistory(h, [], read)).toThrow(/is missing here/);
  });
});

describe('the plan of a push', () => {
  it('sends snapshots as differences from their parents, and each object once', async () => {
    const muse = await MuseFolder.make();
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`d/f${i}`, `content ${i}`]),
    );
    const one = muse.commit({ files });
    const two = muse.commit({
      parents: [one],
      files: { ...files, 'd/f3': 'new', new: 'content 4' },
    });
    const { 'd/f5': _, ...less } = files;
    const three = muse.commit({
      parents: [two],
      files: { ...less, 'd/f3': 'new', new: 'content 4' },
    });
    const plan = await planPush(muse.repository, three, []);
    expect(plan.objects).toHaveLength(21);
    expect(plan.objectBytes).toBe(plan.objects.reduce((sum, { size }) => sum + size, 0));
    const [pack] = decodePacks(plan);
    expect(pack!.snapshots).toHaveLength(1);
    const shape = ({ add, remove }: SnapshotDelta) => [add.map(([path]) => path).sort(), remove];
    expect(pack!.snapshotDeltas.map(shape)).toEqual([
      [['d/f3', 'new'], []],
      [[], ['d/f5']],
    ]);
    expect(idsOf(plan)).toEqual([one, two, three]);
  });

  it('sends only what the remote’s heads do not hold', async () => {
    const muse = await MuseFolder.make();
    const one = muse.commit({ files: { a: '1', b: '2', c: '3' } });
    const two = muse.commit({ parents: [one], files: { a: '1', b: '2', c: '4', moved: '3' } });
    const plan = await planPush(muse.repository, two, [one]);
    expect(idsOf(plan)).toEqual([two]);
    expect(plan.objects.map(({ path }) => path)).toEqual(['c']);
    const [pack] = decodePacks(plan);
    expect(pack!.snapshots).toEqual([]);
    expect(pack!.snapshotDeltas[0]!.parentId).toBe(muse.repository.commit(one).commit.snapshotId);
  });

  it('sends no snapshot that was sent, or that the commit before has', async () => {
    const muse = await MuseFolder.make();
    const one = muse.commit({ files: { a: '1' } });
    const two = muse.commit({ parents: [one], files: { a: '1' } });
    const three = muse.commit({ parents: [two], files: { a: '2' } });
    const four = muse.commit({ parents: [three], files: { a: '1' } });
    const whole = await planPush(muse.repository, four, []);
    expect(whole.snapshots).toHaveLength(2);
    expect((await planPush(muse.repository, two, [one])).snapshots).toHaveLength(0);
    expect(await planPush(muse.repository, four, [four])).toMatchObject({
      commits: [],
      snapshots: [],
      objects: [],
    });
  });

  it('sends a snapshot whole where the difference would be no smaller', async () => {
    const muse = await MuseFolder.make();
    const one = muse.commit({ files: { a: '1', b: '2' } });
    const two = muse.commit({ parents: [one], files: { c: '3' } });
    expect(
      (await planPush(muse.repository, two, [one])).snapshots.map(({ delta }) => delta),
    ).toEqual([false]);
  });

  it('knows the objects of both sides of a merge', async () => {
    const muse = await MuseFolder.make();
    const base = muse.commit({ files: { a: '0' } });
    const left = muse.commit({ parents: [base], files: { a: '0', l: 'left' } });
    const right = muse.commit({ parents: [base], files: { a: '0', r: 'right' } });
    const merge = muse.commit({ parents: [left, right], files: { a: '0', l: 'left', r: 'right' } });
    const plan = await planPush(muse.repository, merge, [right, left]);
    expect(plan.objects).toEqual([]);
    expect(
      (await planPush(muse.repository, merge, [left])).objects.map(({ path }) => path),
    ).toEqual(['r']);
  });

  it('puts objects with near paths near each other', async () => {
    const muse = await MuseFolder.make();
    const one = muse.commit({ files: { 'z/a': '1', 'a/b': '2', m: '3' } });
    const two = muse.commit({ parents: [one], files: { 'z/a': '4', 'a/b': '5', m: '3' } });
    expect((await planPush(muse.repository, two, [])).objects.map(({ path }) => path)).toEqual([
      'a/b',
      'a/b',
      'm',
      'z/a',
      'z/a',
    ]);
  });

  it('makes packs below the size that the hub takes, in an order that can be applied', async () => {
    const muse = await MuseFolder.make();
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) {
      const files = Object.fromEntries(
        Array.from({ length: 30 + (i % 3) * 40 }, (_, n) => [
          `f${n}`,
          `${n % 29 === i % 29 ? i : 0}`,
        ]),
      );
      ids.push(muse.commit({ parents: ids.slice(-1), files }));
    }
    const plan = await planPush(muse.repository, ids[29]!, []);
    const frameBytesMax = 64 * 1024 + 20_000;
    const frames = decodePacks(plan, frameBytesMax);
    expect(frames.length).toBeGreaterThan(3);
    const there = new Set<string>();
    for (const frame of frames) {
      expect(frame.wireBytes).toBeLessThanOrEqual(frameBytesMax);
      for (const { id } of frame.snapshots) there.add(id);
      for (const { id, parentId } of frame.snapshotDeltas) {
        expect(there.has(parentId)).toBe(true);
        there.add(id);
      }
      for (const { commit } of frame.commits) expect(there.has(commit.snapshotId)).toBe(true);
    }
    expect(frames.flatMap((frame) => frame.commits.map(({ commit }) => commit.id))).toEqual(ids);
  });

  it('makes a large record again when it is sent, equal to what was planned', async () => {
    const muse = await MuseFolder.make();
    const files = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [`folder/file-${i}`, String(i)]),
    );
    const id = muse.commit({ files, message: 'm'.repeat(20_000) });
    const plan = await planPush(muse.repository, id, []);
    expect(plan.snapshots.map(({ record }) => typeof record)).toEqual(['function']);
    expect(plan.commits.map((record) => typeof record)).toEqual(['function']);
    expect(bytesOf(plan.commits[0]!)).toEqual(muse.repository.commit(id).raw);
    const [pack] = decodePacks(plan);
    const sent: SnapshotRecord = pack!.snapshots[0]!;
    expect(new Map(sent.manifest)).toEqual(new Map(muse.repository.snapshot(sent.id).manifest));
  });
});
