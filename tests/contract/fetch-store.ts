import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Id } from '~/muse/ids';
import type { Principal } from '~/server/access';
import type { NewCommit } from '~/server/ports/push-store';
import { seededPrng } from '~tests/support/prng';
import { commitOf, idOf, objectOf, planOf, treeOf } from '~tests/support/push-plans';
import { randomHistory } from '~tests/support/random-history';
import { addRepository, addUser } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

/** What a fetch store promises. */
export function describeFetchStore(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  let principal: Extract<Principal, { kind: 'user' }>;

  beforeAll(async () => {
    world = makeWorld();
    principal = await addUser(world);
  });

  const stored = async (commits: NewCommit[]) => {
    const repoId = await addRepository(world, principal);
    await world.push.applyPush(planOf({ repoId, principal, commits }));
    return repoId;
  };
  const walk = async (repoId: string, want: Id[], have: Id[], depth: number | null = null) => {
    const walked: { id: Id; snapshotId: Id; parents: Id[] }[] = [];
    for await (const batch of world.fetch.walkCommits(repoId, want, have, depth)) {
      walked.push(...batch);
    }
    return walked;
  };

  describe(`${name}: refs`, () => {
    it('are the heads of the branches', async () => {
      const root = commitOf('root');
      const repoId = await stored([root]);
      const side = { repoId, principal, branch: 'feature/ä', newHead: root.id };
      await world.push.applyPush(planOf(side));
      expect(await world.fetch.branchHeads(repoId)).toEqual({
        main: root.id,
        'feature/ä': root.id,
      });
    });

    it('have a version that changes with every push that changes them, and only then', async () => {
      const root = commitOf('root');
      const base = { repoId: await stored([root]), principal };
      const versions = [await world.fetch.refsVersion(base.repoId)];
      expect(await world.fetch.refsVersion(base.repoId)).toBe(versions[0]);
      for (const branch of ['a', 'b', 'c']) {
        await world.push.applyPush(planOf({ ...base, branch, newHead: root.id }));
        versions.push(await world.fetch.refsVersion(base.repoId));
      }
      await world.push.applyPush(planOf({ ...base, branch: 'a', oldHead: root.id, newHead: null }));
      versions.push(await world.fetch.refsVersion(base.repoId));
      expect(new Set(versions).size).toBe(versions.length);
    });

    it('of a repository that does not exist have the empty version', async () => {
      expect(await world.fetch.refsVersion(randomUUID())).toBe('');
    });
  });

  describe(`${name}: walking what a fetch lacks`, () => {
    // a ── b ── c ── d ── e    main
    //       └── x ── y ──┘     (e merges d and y)
    const a = commitOf('a');
    const b = commitOf('b', [a]);
    const c = commitOf('c', [b]);
    const d = commitOf('d', [c]);
    const x = commitOf('x', [b]);
    const y = commitOf('y', [x]);
    const e = commitOf('e', [d, y]);
    let repoId: string;
    const names = new Map([a, b, c, d, x, y, e].map(({ id, message }) => [id, message.at(-1)]));
    const letters = async (want: NewCommit[], have: NewCommit[], depth: number | null = null) => {
      const ids = (commits: NewCommit[]) => commits.map(({ id }) => id);
      const walked = await walk(repoId, ids(want), ids(have), depth);
      return walked.map(({ id }) => names.get(id)).sort();
    };
    beforeAll(async () => {
      repoId = await stored([a, b, x, c, y, d, e]);
    });

    it('gives everything when nothing is there yet', async () => {
      expect(await letters([e], [])).toEqual(['a', 'b', 'c', 'd', 'e', 'x', 'y']);
    });

    it('gives ids, snapshots and parents in their order', async () => {
      expect(await walk(repoId, [e.id], [d.id, y.id])).toEqual([
        { id: e.id, snapshotId: e.snapshotId, parents: [d.id, y.id] },
      ]);
    });

    it('leaves out what the peer reaches through any of its commits', async () => {
      expect(await letters([e], [c])).toEqual(['d', 'e', 'x', 'y']);
      expect(await letters([e], [y])).toEqual(['c', 'd', 'e']);
      expect(await letters([d], [e])).toEqual([]);
      expect(await letters([e], [e])).toEqual([]);
    });

    it('ignores ids that are not stored, on both sides', async () => {
      const unknown = commitOf('unknown');
      expect(await letters([d, unknown], [b, unknown])).toEqual(['c', 'd']);
      expect(await letters([unknown], [])).toEqual([]);
      expect(await letters([], [e])).toEqual([]);
    });

    it('keeps as many steps as the depth says, by the shortest way', async () => {
      expect(await letters([e], [], 1)).toEqual(['e']);
      expect(await letters([e], [], 2)).toEqual(['d', 'e', 'y']);
      expect(await letters([e], [], 3)).toEqual(['c', 'd', 'e', 'x', 'y']);
      expect(await letters([e, b], [], 2)).toEqual(['a', 'b', 'd', 'e', 'y']);
      expect(await letters([e], [x], 3)).toEqual(['c', 'd', 'e', 'y']);
    });

    it('finds the nearest commits of both sides', async () => {
      const base = (want: NewCommit[], have: NewCommit[], limit = 10) =>
        world.fetch.commonBase(
          repoId,
          want.map(({ id }) => id),
          have.map(({ id }) => id),
          limit,
        );
      expect(await base([d], [y])).toEqual([b.id]);
      expect(await base([e], [c])).toEqual([c.id]);
      expect(new Set(await base([e], [d, y]))).toEqual(new Set([d.id, y.id]));
      expect(await base([e], [d, y], 1)).toHaveLength(1);
      expect(await base([e], [commitOf('unknown')])).toEqual([]);
      expect(await base([e], [])).toEqual([]);
    });
  });

  it(`${name}: walks over random histories agree with plain sets`, async () => {
    const random = seededPrng('random histories');
    for (let round = 0; round < 6; round++) {
      const commits = randomHistory(random, 40 + random.below(300));
      const repoId = await stored(commits);
      const byId = new Map(commits.map((commit) => [commit.id, commit]));
      const reach = (heads: Id[], seen = new Set<Id>()) => {
        const open = [...heads];
        for (let id = open.pop(); id; id = open.pop()) {
          if (seen.has(id)) continue;
          seen.add(id);
          open.push(...byId.get(id)!.parents);
        }
        return seen;
      };
      for (let ask = 0; ask < 12; ask++) {
        const some = (count: number) =>
          Array.from({ length: count }, () => random.pick(commits).id);
        const [want, have] = [some(1 + random.below(3)), some(random.below(4))];
        const [wanted, had] = [reach(want), reach(have)];
        const walked = await walk(repoId, want, have);
        const expected = [...wanted].filter((id) => !had.has(id));
        expect(walked.map(({ id }) => id).sort()).toEqual(expected.sort());
        const place = new Map(walked.map(({ id }, index) => [id, index]));
        for (const { id, parents } of walked) {
          for (const parent of parents) {
            expect(place.get(parent) ?? -1).toBeLessThan(place.get(id)!);
          }
        }
        const common = [...wanted].filter((id) => had.has(id));
        const beneath = reach(common.flatMap((id) => byId.get(id)!.parents));
        const nearest = common.filter((id) => !beneath.has(id)).sort();
        const bases = await world.fetch.commonBase(repoId, want, have, 1_000);
        const generations = bases.map((id) => byId.get(id)!.generation);
        expect(generations).toEqual(generations.toSorted((one, other) => other - one));
        expect(bases.sort()).toEqual(nearest);
        const ancestor = random.pick(commits).id;
        expect(await world.push.isAncestor(repoId, ancestor, want)).toBe(wanted.has(ancestor));
      }
    }
  });

  describe(`${name}: reading what is sent`, () => {
    it('gives records, snapshots, trees and the places of objects', async () => {
      const root = commitOf('root');
      const repoId = await addRepository(world, principal);
      const segmentId = randomUUID();
      await world.push.applyPush(
        planOf({
          ...{ repoId, principal, commits: [root], trees: [treeOf('tree', 'tree bytes')] },
          segments: [{ id: segmentId, bytes: 9, objectCount: 1 }],
          objects: [objectOf('object', segmentId, { polyglot: 'pdf+zip' })],
        }),
      );
      const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
      const unknown = idOf('unknown');
      const { fetch } = world;
      expect(text((await fetch.loadRecords(repoId, [unknown, root.id])).get(root.id))).toBe(
        'record of root',
      );
      const snapshots = await fetch.loadSnapshots(repoId, [unknown, root.snapshotId]);
      expect([...snapshots]).toMatchObject([
        [root.snapshotId, { rootTreeId: idOf('tree'), entryCount: 1 }],
      ]);
      expect(text(snapshots.get(root.snapshotId)?.extra)).toBe('extra');
      expect(text((await fetch.loadTrees(repoId, [idOf('tree')])).get(idOf('tree')))).toBe(
        'tree bytes',
      );
      expect(await fetch.locateObjects(repoId, [unknown, idOf('object')])).toEqual(
        new Map([
          [
            idOf('object'),
            {
              ...{ encoding: 'raw', size: 6, polyglot: 'pdf+zip' },
              extents: [{ segmentId, offset: 0, length: 6 }],
            },
          ],
        ]),
      );
      expect(await fetch.findCommits(repoId, [unknown, root.id])).toEqual(new Set([root.id]));
    });

    it('names the repositories that hold an object, public ones first, private ones to their readers', async () => {
      const object = `shared ${randomUUID()}`;
      const holder = async (visibility: 'public' | 'private') => {
        const repoId = await addRepository(world, principal, visibility);
        const segmentId = randomUUID();
        await world.push.applyPush(
          planOf({
            ...{ repoId, principal, commits: [commitOf('root')] },
            segments: [{ id: segmentId, bytes: 1, objectCount: 1 }],
            objects: [objectOf(object, segmentId)],
          }),
        );
        return repoId;
      };
      const [hidden, open, gone] = [
        await holder('private'),
        await holder('public'),
        await holder('public'),
      ];
      await world.setRepository(gone, { deleted: true });
      const reader = await addUser(world);
      await world.setCollaborator(hidden, reader.userId, 'read');
      const stranger = await addUser(world);
      const holders = async (limit: number, ...reading: [readerId?: string | null]) =>
        (await world.fetch.repositoriesHolding(idOf(object), limit, ...reading)).map(
          ({ repoId }) => repoId,
        );
      expect(await holders(10)).toEqual([open, hidden]);
      expect(await holders(1)).toEqual([open]);
      expect(await holders(10, null)).toEqual([open]);
      expect(await holders(10, stranger.userId)).toEqual([open]);
      expect(await holders(10, reader.userId)).toEqual([open, hidden]);
      expect(await holders(10, principal.userId)).toEqual([open, hidden]);
      const [first] = await world.fetch.repositoriesHolding(idOf(object), 1);
      expect(first).toEqual({
        ...{ repoId: open, owner: principal.handle, slug: `repo-${open.slice(0, 8)}` },
      });
    });
  });
}
