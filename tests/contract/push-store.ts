import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import {
  commitOf,
  errorFrameOf,
  idOf,
  NO_COUNTS,
  objectOf,
  openingOf,
  planOf,
  treeOf,
} from '~tests/support/push-plans';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

/** What a push store promises about the history of pushes and about what it reads. */
export function describePushStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  let principal: Extract<Principal, { kind: 'user' }>;
  let repoId: string;
  const fresh = async () => {
    repoId = await addRepository(world, principal);
    return { repoId, principal };
  };

  beforeAll(async () => {
    world = makeWorld();
    principal = await addUser(world);
  });

  describe(`${name}: opening a push`, () => {
    it('tells the heads and the rules, and leaves a row that is receiving', async () => {
      const base = await fresh();
      const rule = { pattern: 'release/*', allowForce: false, allowDelete: true };
      const rules = [{ ...rule, pushRole: 'admin' as const, requireSigned: true }];
      await world.setRules(repoId, rules);
      const root = commitOf('root');
      await world.push.applyPush(planOf({ ...base, commits: [root] }));
      const opening = openingOf({ ...base, head: idOf('next') });
      expect(await world.push.openPush(opening)).toEqual({
        branchHead: root.id,
        branchHeads: { main: root.id },
        rules,
        earlier: null,
      });
      expect(await world.push.findPush(repoId, opening.pushId)).toEqual({
        pushId: opening.pushId,
        outcome: 'receiving',
        branch: 'main',
        head: idOf('next'),
        frame: null,
        startedAtMs: opening.startedAtMs,
        finishedAtMs: null,
      });
    });

    it('tells the bytes of the segments that a repository has, and of no other', async () => {
      const base = await fresh();
      expect(await world.push.storedBytes(repoId)).toBe(0);
      const segments = [1, 2].map((n) => ({
        ...{ id: randomUUID(), bytes: n * 3 * 1024 ** 3, objectCount: 1 },
      }));
      const objects = segments.map(({ id }) => objectOf(id, id));
      const plan = planOf({ ...base, commits: [commitOf('root')], segments, objects });
      await world.push.applyPush(plan);
      expect(await world.push.storedBytes(repoId)).toBe(9 * 1024 ** 3);
      await fresh();
      expect(await world.push.storedBytes(repoId)).toBe(0);
    });

    it('tells that a branch does not exist by a head of null', async () => {
      const facts = await world.push.openPush(openingOf({ ...(await fresh()), branch: 'new' }));
      expect(facts).toMatchObject({ branchHead: null, branchHeads: {} });
    });

    it('takes over the row of the same push that was refused, and it can still be accepted', async () => {
      const base = await fresh();
      const root = commitOf('root');
      const opening = openingOf({ ...base, head: root.id });
      const { pushId } = opening;
      await world.push.openPush(opening);
      const refusal = errorFrameOf('object-missing', pushId);
      await world.push.closePush(repoId, pushId, 'refused', refusal, NO_COUNTS);
      expect((await world.push.openPush(opening)).earlier).toBeNull();
      expect(await world.push.findPush(repoId, pushId)).toMatchObject({
        outcome: 'receiving',
        frame: null,
        finishedAtMs: null,
      });
      await world.push.applyPush(planOf({ ...base, pushId, commits: [root] }));
      expect(await world.push.findPush(repoId, pushId)).toMatchObject({ outcome: 'accepted' });
    });

    it('gives back the RESULT when the push id was accepted', async () => {
      const base = await fresh();
      const plan = planOf({ ...base, commits: [commitOf('root')] });
      const result = await world.push.applyPush(plan);
      const again = openingOf({ ...base, pushId: plan.pushId, head: plan.newHead });
      const { earlier } = await world.push.openPush(again);
      expect(earlier).toEqual({ branch: 'main', head: plan.newHead, result });
    });

    it('tells what a push id stands for when it comes with another branch or head', async () => {
      const base = await fresh();
      const opening = openingOf({ ...base });
      await world.push.openPush(opening);
      for (const other of [{ branch: 'other' }, { head: idOf('other') }, { head: null }]) {
        const { earlier } = await world.push.openPush({ ...opening, ...other });
        expect(earlier).toEqual({ branch: 'main', head: opening.head, result: null });
      }
      expect(await world.push.findPush(repoId, opening.pushId)).toMatchObject({
        branch: 'main',
        head: opening.head,
      });
    });

    it('keeps the same push id apart between repositories', async () => {
      const pushId = randomUUID();
      await world.push.openPush(openingOf({ ...(await fresh()), pushId, branch: 'one' }));
      const facts = await world.push.openPush(
        openingOf({ ...(await fresh()), pushId, branch: 'two' }),
      );
      expect(facts.earlier).toBeNull();
    });
  });

  describe(`${name}: ending a push that changed nothing`, () => {
    it('keeps the frame that was sent, for whoever asks later', async () => {
      const opening = openingOf(await fresh());
      await world.push.openPush(opening);
      const frame = errorFrameOf('object-hash-mismatch', opening.pushId);
      await world.push.closePush(repoId, opening.pushId, 'refused', frame, NO_COUNTS);
      const outcome = await world.push.findPush(repoId, opening.pushId);
      expect(outcome).toMatchObject({ outcome: 'refused', frame });
      expect(outcome?.finishedAtMs).toBeGreaterThan(0);
    });

    it('never changes the row of an accepted push', async () => {
      const plan = planOf({ ...(await fresh()), commits: [commitOf('root')] });
      const result = await world.push.applyPush(plan);
      const late = errorFrameOf('truncated-stream', plan.pushId);
      await world.push.closePush(repoId, plan.pushId, 'failed', late, NO_COUNTS);
      await world.push.touchPush(repoId, plan.pushId, { ...NO_COUNTS, objects: 9 });
      expect(await world.push.findPush(repoId, plan.pushId)).toMatchObject({
        outcome: 'accepted',
        frame: result,
      });
    });

    it('has no outcome for an id that the repository never saw, nor for one that is no UUID', async () => {
      await fresh();
      expect(await world.push.findPush(repoId, randomUUID())).toBeNull();
      expect(await world.push.findPush(repoId, 'no-uuid')).toBeNull();
    });

    it('ends pushes that gave no sign of life as truncated, and no other', async () => {
      const base = await fresh();
      const silent = openingOf(base);
      await world.push.openPush(silent);
      await world.push.touchPush(repoId, silent.pushId, NO_COUNTS);
      expect(await world.push.failStalePushes(60_000)).toBe(0);
      const accepted = planOf({ ...base, commits: [commitOf('root')] });
      await world.push.applyPush(accepted);
      expect(await world.push.failStalePushes(-1_000)).toBeGreaterThan(0);
      expect(await world.push.findPush(repoId, silent.pushId)).toMatchObject({
        outcome: 'failed',
        frame: { code: 'truncated-stream', pushId: silent.pushId, retryable: true },
      });
      expect(await world.push.findPush(repoId, accepted.pushId)).toMatchObject({
        outcome: 'accepted',
      });
    });
  });

  describe(`${name}: reading what is stored`, () => {
    it('finds of the asked ids those that this repository holds, never those of another', async () => {
      const other = await fresh();
      const segment = { id: randomUUID(), bytes: 3, objectCount: 1 };
      await world.push.applyPush(
        planOf({
          ...other,
          commits: [commitOf('elsewhere')],
          segments: [segment],
          objects: [objectOf('elsewhere', segment.id)],
          trees: [treeOf('elsewhere')],
        }),
      );
      const base = await fresh();
      const root = commitOf('root');
      const own = { id: randomUUID(), bytes: 3, objectCount: 1 };
      await world.push.applyPush(
        planOf({
          ...base,
          commits: [root],
          segments: [own],
          objects: [objectOf('here', own.id)],
          trees: [treeOf('here', 'bytes of a tree')],
        }),
      );
      const { push } = world;
      expect(await push.findObjects(repoId, [idOf('here'), idOf('elsewhere')])).toEqual(
        new Set([idOf('here')]),
      );
      const trees = await push.loadTrees(repoId, [idOf('here'), idOf('elsewhere')]);
      expect([...trees.keys()]).toEqual([idOf('here')]);
      expect(textOf(trees.get(idOf('here')))).toBe('bytes of a tree');
      expect(await push.findSnapshots(repoId, [root.snapshotId, idOf('none')])).toEqual(
        new Map([[root.snapshotId, { rootTreeId: idOf('tree'), entryCount: 1 }]]),
      );
      const { id, orderMs, snapshotId } = root;
      expect(await push.findCommits(repoId, [root.id, idOf('elsewhere')])).toEqual(
        new Map([[root.id, { id, generation: 1, orderMs, snapshotId }]]),
      );
    });

    it('gives records back byte for byte', async () => {
      const base = await fresh();
      const record = Uint8Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256);
      const root = commitOf('root', [], { record });
      await world.push.applyPush(planOf({ ...base, commits: [root] }));
      const stored = await world.push.loadRecords(repoId, [root.id, idOf('none')]);
      expect([...stored.keys()]).toEqual([root.id]);
      expect(Buffer.compare(stored.get(root.id)!, record)).toBe(0);
    });

    it('keeps a commit whose texts a database column cannot hold', async () => {
      const base = await fresh();
      const odd = commitOf('odd', [], {
        author: 'nul \0 and half a pair \ud800',
        committedAtMs: 8.64e15,
        message: '\0',
      });
      await world.push.applyPush(planOf({ ...base, commits: [odd] }));
      const records = await world.push.loadRecords(repoId, [odd.id]);
      expect(textOf(records.get(odd.id))).toBe('record of odd');
    });

    it('knows ancestors through either parent, itself included', async () => {
      // a ── b ── d      (d merges b and c)
      //  └── c ──┘ └─ e
      const base = await fresh();
      const a = commitOf('a');
      const b = commitOf('b', [a]);
      const c = commitOf('c', [a]);
      const d = commitOf('d', [b, c]);
      const e = commitOf('e', [c]);
      await world.push.applyPush(planOf({ ...base, commits: [a, b, c, d, e] }));
      const reaches = (ancestor: string, ...heads: string[]) =>
        world.push.isAncestor(repoId, idOf(ancestor), heads.map(idOf));
      expect(await reaches('a', 'd')).toBe(true);
      expect(await reaches('b', 'd')).toBe(true);
      expect(await reaches('c', 'd')).toBe(true);
      expect(await reaches('d', 'd')).toBe(true);
      expect(await reaches('b', 'e')).toBe(false);
      expect(await reaches('d', 'b', 'c', 'e')).toBe(false);
      expect(await reaches('b', 'e', 'd')).toBe(true);
      expect(await reaches('a')).toBe(false);
    });

    it('finds signing keys by their full id and by its first 16 digits', async () => {
      const start = idOf(`key ${randomUUID()}`).slice(0, 16);
      const [twinA, twinB] = ['a', 'b'].map((end) => start.padEnd(64, end));
      const single = idOf(`key ${randomUUID()}`);
      const key = { publicKey: new Uint8Array(32).fill(7), userId: principal.userId };
      for (const keyId of [twinA!, twinB!, single]) await world.addSigningKey({ keyId, ...key });
      const asked = [twinA!, start, single, single.slice(0, 16), idOf('unregistered')];
      expect(await world.push.findSigningKeys(asked)).toEqual(
        new Map([twinA!, single, single.slice(0, 16)].map((keyId) => [keyId, key])),
      );
    });

    it('takes thousands of ids at once', async () => {
      const base = await fresh();
      const root = commitOf('root');
      await world.push.applyPush(planOf({ ...base, commits: [root] }));
      const ids = Array.from({ length: 12_000 }, (_, n) => idOf(`unknown ${n}`));
      const found = await world.push.findCommits(repoId, [...ids, root.id]);
      expect([...found.keys()]).toEqual([root.id]);
    });
  });

  it(`${name}: a token that belongs to nobody any more is found revoked`, async () => {
    const base = await fresh();
    const gone = await withToken(world, principal);
    const plan = planOf({
      ...base,
      principal: { ...gone, token: { ...gone.token, id: randomUUID() } },
      commits: [commitOf('root')],
    });
    await expect(world.push.applyPush(plan)).rejects.toMatchObject({ code: 'token-revoked' });
  });
}
