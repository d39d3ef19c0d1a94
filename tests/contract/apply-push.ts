import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import type { AuditEntry } from '~/server/ports/audit-log';
import type { BranchRule, PushPlan } from '~/server/ports/push-store';
import { AN_ACT } from '~tests/support/audit-entries';
import { commitOf, idOf, NO_COUNTS, objectOf, planOf, treeOf } from '~tests/support/push-plans';
import { addRepository, addUser, withToken } from '~tests/support/store-cast';
import type { StoreWorld } from '~tests/support/store-world';

const RULE: BranchRule = {
  pattern: 'main',
  allowForce: true,
  allowDelete: true,
  pushRole: 'write',
  requireSigned: false,
};

/** What a push store promises about the one transaction of a push. */
export function describeApplyPush(name: string, makeWorld: () => StoreWorld): void {
  let world: StoreWorld;
  let owner: Extract<Principal, { kind: 'user' }>;
  const root = commitOf('root');
  const next = commitOf('next', [root]);
  const fork = commitOf('fork', [root]);

  const fresh = async () => ({ repoId: await addRepository(world, owner), principal: owner });
  /** A repository whose `main` is at `root`. */
  const begun = async () => {
    const base = await fresh();
    await world.push.applyPush(planOf({ ...base, commits: [root] }));
    return base;
  };
  /** Expects a refusal that leaves every row, head and job as it was. */
  const expectRefused = async (plan: PushPlan, refusal: object) => {
    const state = async () => [
      await world.countRows(plan.repoId),
      await world.fetch.branchHeads(plan.repoId),
      await world.jobs(plan.repoId),
      await world.fetch.refsVersion(plan.repoId),
    ];
    const before = await state();
    await expect(world.push.applyPush(plan)).rejects.toMatchObject(refusal);
    expect(await state()).toEqual(before);
  };

  beforeAll(async () => {
    world = makeWorld();
    owner = await addUser(world);
  });

  describe(`${name}: an accepted push`, () => {
    it('stores its rows, creates the branch and answers what it did', async () => {
      const base = await fresh();
      const segments = [1, 2].map((n) => ({ id: randomUUID(), bytes: 10 * n, objectCount: n }));
      const plan = planOf({
        ...base,
        commits: [root, next],
        segments,
        objects: [
          objectOf('one', segments[0]!.id),
          objectOf('two', segments[1]!.id, { polyglot: 'zip+html' }),
          objectOf('three', segments[1]!.id, { encoding: 'zstd', size: 3 * 1024 ** 3 }),
        ],
        trees: [treeOf('a'), treeOf('b'), treeOf('a')],
        counts: { objects: 3, objectsReused: 4, commits: 2, bytesReceived: 5_000_000_000 },
        bytesStored: 4_000_000_000,
        warnings: [{ code: 'polyglot', message: 'two', object_id: idOf('two') }],
        startedAtMs: Date.now() - 1_000,
      });
      const result = await world.push.applyPush(plan);
      expect(result).toMatchObject({
        type: 'R',
        pushId: plan.pushId,
        seq: 1,
        branch: 'main',
        kind: 'create',
        oldHead: null,
        newHead: next.id,
        objectsNew: 3,
        objectsReused: 4,
        commitsNew: 2,
        snapshotsNew: 2,
        bytesReceived: 5_000_000_000,
        bytesStored: 4_000_000_000,
        branchHeads: { main: next.id },
        url: `https://hub.example/commits/${next.id}`,
        warnings: plan.warnings,
      });
      expect(result.durationMs).toBeGreaterThanOrEqual(1_000);
      expect(await world.countRows(base.repoId)).toEqual({
        ...{ segments: 2, objects: 3, trees: 2, snapshots: 2, commits: 2 },
        ...{ branches: 1, acceptedPushes: 1 },
      });
      const located = await world.fetch.locateObjects(base.repoId, [idOf('two'), idOf('three')]);
      expect(located.get(idOf('two'))).toMatchObject({ encoding: 'raw', polyglot: 'zip+html' });
      expect(located.get(idOf('three'))).toMatchObject({ encoding: 'zstd', size: 3 * 1024 ** 3 });
    });

    it('moves the branch and counts on', async () => {
      const base = await begun();
      const result = await world.push.applyPush(
        planOf({ ...base, commits: [next], oldHead: root.id }),
      );
      expect(result).toMatchObject({ seq: 2, kind: 'fast-forward', commitsNew: 1 });
      expect(await world.fetch.branchHeads(base.repoId)).toEqual({ main: next.id });
    });

    it('deletes a branch, which can then be created again', async () => {
      const base = await begun();
      const gone = await world.push.applyPush(
        planOf({ ...base, oldHead: root.id, newHead: null, idFormat: null }),
      );
      expect(gone).toMatchObject({ seq: 2, kind: 'delete', url: '', branchHeads: {} });
      const back = await world.push.applyPush(planOf({ ...base, newHead: root.id }));
      expect(back).toMatchObject({ seq: 3, kind: 'create', commitsNew: 0 });
    });

    it('queues exactly one job, which knows what changed', async () => {
      const base = await begun();
      const plan = planOf({ ...base, commits: [next], oldHead: root.id });
      await world.push.applyPush(plan);
      const { repoId } = base;
      expect((await world.jobs(repoId)).at(-1)).toEqual({
        task: 'push-accepted',
        payload: {
          ...{ repoId, pushId: plan.pushId, seq: 2, branch: 'main', kind: 'fast-forward' },
          ...{ oldHead: root.id, newHead: next.id },
        },
      });
      expect(await world.jobs(repoId)).toHaveLength(2);
    });

    it('that has nothing to do is counted, and changes neither refs nor jobs', async () => {
      const base = await begun();
      const version = await world.fetch.refsVersion(base.repoId);
      const noop = planOf({ ...base, kind: 'noop', oldHead: root.id, newHead: root.id });
      expect(await world.push.applyPush(noop)).toMatchObject({ seq: 2, kind: 'noop' });
      expect(await world.jobs(base.repoId)).toHaveLength(1);
      expect(await world.fetch.refsVersion(base.repoId)).toBe(version);
    });

    it('by hand is noted in the log of acts, and only when it is accepted', async () => {
      const base = await begun();
      const { repoId } = base;
      const audit: AuditEntry = { ...AN_ACT, action: 'branch.restore', repoId };
      const noted = async () => {
        const query = { actor: null, repository: null, fromMs: null, untilMs: null };
        const rows = await world.audit.list({
          ...{ ...query, action: 'branch.restore', before: null, limit: 100 },
        });
        return rows.filter((row) => row.repoId === repoId).length;
      };
      const stale = planOf({ ...base, commits: [next], oldHead: fork.id, audit });
      await expectRefused(stale, { code: 'stale-head' });
      expect(await noted()).toBe(0);
      await world.push.applyPush(planOf({ ...base, commits: [next], oldHead: root.id, audit }));
      expect(await noted()).toBe(1);
    });

    it('counts what the repository had already as reused, and stores no row for its segment', async () => {
      const base = await fresh();
      const [first, second] = [randomUUID(), randomUUID()];
      const segmentOf = (id: string) => ({ id, bytes: 1, objectCount: 1 });
      await world.push.applyPush(
        planOf({
          ...base,
          commits: [root],
          segments: [segmentOf(first)],
          objects: [objectOf('same', first)],
        }),
      );
      const again = await world.push.applyPush(
        planOf({
          ...base,
          oldHead: root.id,
          commits: [next],
          segments: [segmentOf(second)],
          objects: [objectOf('same', second)],
          counts: { ...NO_COUNTS, objectsReused: 1 },
        }),
      );
      expect(again).toMatchObject({ objectsNew: 0, objectsReused: 2 });
      expect(await world.countRows(base.repoId)).toMatchObject({ segments: 1, objects: 1 });
    });

    it('keeps every extent of an object that lies in several segments', async () => {
      const base = await fresh();
      const extents = [0, 1, 2].map((n) => ({
        ...{ segmentId: randomUUID(), offset: n, length: 2 ** 31 + n },
      }));
      await world.push.applyPush(
        planOf({
          ...base,
          commits: [root],
          segments: extents.map(({ segmentId: id }) => ({ id, bytes: 9, objectCount: 1 })),
          objects: [objectOf('large', '', { extents, encoding: 'zlib' })],
        }),
      );
      const located = await world.fetch.locateObjects(base.repoId, [idOf('large')]);
      expect(located.get(idOf('large'))?.extents).toEqual(extents);
      expect(await world.countRows(base.repoId)).toMatchObject({ segments: 3 });
    });
  });

  describe(`${name}: what the first push fixes`, () => {
    it('is the default branch, the id format and Muse’s own names, and stays', async () => {
      const base = await fresh();
      const first = { idFormat: 'bare' as const, museRepoId: 'muse-1', domain: 'music' };
      await world.push.applyPush(planOf({ ...base, ...first, branch: 'trunk', commits: [root] }));
      const second = { idFormat: 'bare' as const, museRepoId: 'muse-2', domain: 'nul \0' };
      await world.push.applyPush(planOf({ ...base, ...second, branch: 'side', newHead: root.id }));
      const slug = `repo-${base.repoId.slice(0, 8)}`;
      const entry = await world.identity.findRepository(owner.handle, slug, owner);
      expect(entry?.repository).toMatchObject({
        ...{ defaultBranch: 'trunk', idFormat: 'bare', museRepoId: 'muse-1', domain: 'music' },
      });
    });

    it('cannot be contradicted by a push in the other id format', async () => {
      const base = await begun();
      await expectRefused(
        planOf({ ...base, idFormat: 'bare', commits: [next], oldHead: root.id }),
        { code: 'id-format-mismatch', detail: { expected: 'prefixed', got: 'bare' } },
      );
    });
  });

  describe(`${name}: compare-and-set`, () => {
    it.each([
      ['moves from a head that is not the current one', { oldHead: next.id, newHead: fork.id }],
      ['creates a branch that exists', { oldHead: null, newHead: fork.id }],
      ['deletes at a head that is not the current one', { oldHead: next.id, newHead: null }],
      ['is a noop for another head', { kind: 'noop' as const, oldHead: next.id, newHead: next.id }],
    ])('refuses a push that %s', async (_, change) => {
      const base = await begun();
      await expectRefused(planOf({ ...base, commits: [next, fork], ...change }), {
        code: 'stale-head',
        detail: { branch: 'main', current_head: root.id },
      });
    });

    it('refuses to move a branch that is gone, and says so', async () => {
      const base = await begun();
      const gone = planOf({ ...base, branch: 'gone', commits: [next], oldHead: root.id });
      await expectRefused(gone, {
        code: 'stale-head',
        detail: { branch: 'gone', current_head: null },
      });
    });
  });

  describe(`${name}: the same push id`, () => {
    it('gets the same RESULT again, marked as replayed, and no second entry', async () => {
      const base = await begun();
      const plan = planOf({ ...base, commits: [next], oldHead: root.id });
      const result = await world.push.applyPush(plan);
      expect(await world.push.applyPush(plan)).toEqual({ ...result, replayed: true });
      expect(await world.countRows(base.repoId)).toMatchObject({ acceptedPushes: 2 });
      expect(await world.jobs(base.repoId)).toHaveLength(2);
    });
  });

  describe(`${name}: records under one commit id`, () => {
    const update = (previous: string, record: string) => ({
      ...{ id: root.id, previous: Buffer.from(previous), record: Buffer.from(record) },
    });
    const reviewed = update('record of root', 'reviewed record');

    it('are replaced while they are what the update was made from', async () => {
      const base = await begun();
      const plan = planOf({
        ...base,
        ...{ commits: [next], oldHead: root.id, recordUpdates: [reviewed] },
      });
      await world.push.applyPush(plan);
      const records = await world.push.loadRecords(base.repoId, [root.id]);
      expect(Buffer.from(records.get(root.id)!).toString()).toBe('reviewed record');
    });

    it('are left alone when they changed underneath', async () => {
      const base = await begun();
      await expectRefused(
        planOf({
          ...base,
          ...{ commits: [next], oldHead: root.id },
          recordUpdates: [update('something else', 'reviewed record')],
        }),
        { code: 'commit-record-conflict', detail: { commit_id: root.id } },
      );
    });

    it('conflict when another push stored the commit with a different record meanwhile', async () => {
      const base = await begun();
      await world.push.applyPush(planOf({ ...base, branch: 'theirs', commits: [next] }));
      const swapped = commitOf('next', [root], { record: Buffer.from('another record') });
      await expectRefused(planOf({ ...base, commits: [swapped, fork], oldHead: root.id }), {
        code: 'commit-record-conflict',
        detail: { commit_id: next.id },
      });
    });
  });

  describe(`${name}: a right that was lost since the push began`, () => {
    const forward = (base: { repoId: string; principal: Principal }) =>
      planOf({ ...base, commits: [next], oldHead: root.id });

    it('ends it when the token was revoked', async () => {
      const { repoId } = await begun();
      const principal = await withToken(world, owner);
      await world.identity.revokeToken(principal.token.id, AN_ACT);
      await expectRefused(forward({ repoId, principal }), { code: 'token-revoked' });
    });

    it('ends it when the token expired', async () => {
      const { repoId } = await begun();
      const principal = await withToken(world, owner, { expiresAtMs: Date.now() - 1 });
      await expectRefused(forward({ repoId, principal }), { code: 'token-expired' });
    });

    it('ends it when the session was revoked', async () => {
      const { repoId } = await begun();
      const id = randomUUID();
      await world.identity.createSession(
        {
          ...{ id, userId: owner.userId, tokenId: null, expiresAtMs: Date.now() + 60_000 },
          ...{ userAgent: '', address: '' },
        },
        AN_ACT,
      );
      const principal = { ...owner, sessionId: id };
      await world.push.applyPush(
        planOf({ repoId, principal, kind: 'noop', oldHead: root.id, newHead: root.id }),
      );
      await world.identity.revokeSession(id, AN_ACT);
      await expectRefused(forward({ repoId, principal }), { code: 'unauthenticated' });
    });

    it('ends it when the account was disabled, or is no collaborator any more', async () => {
      const { repoId } = await begun();
      const writer = await addUser(world);
      await world.setCollaborator(repoId, writer.userId, 'write');
      await world.push.applyPush(
        planOf({ repoId, principal: writer, branch: 'w', newHead: root.id }),
      );
      await world.setCollaborator(repoId, writer.userId, 'read');
      await expectRefused(forward({ repoId, principal: writer }), { code: 'access-denied' });
      await world.setCollaborator(repoId, writer.userId, 'write');
      await world.disableUser(writer.userId);
      await expectRefused(forward({ repoId, principal: writer }), { code: 'access-denied' });
    });

    it('is judged by what the token says now, not by what the push believed', async () => {
      const { repoId } = await begun();
      const narrow = await withToken(world, owner, { scopes: ['read'] });
      const believed = { ...narrow, token: { ...narrow.token, scopes: ['admin' as const] } };
      await expectRefused(forward({ repoId, principal: believed }), { code: 'insufficient-scope' });
      const elsewhere = await withToken(world, owner, { branchPattern: 'feature/*' });
      const wide = { ...elsewhere, token: { ...elsewhere.token, branchPattern: null } };
      await expectRefused(forward({ repoId, principal: wide }), { code: 'insufficient-scope' });
      const other = await withToken(world, owner, { repoIds: [randomUUID()] });
      const anywhere = { ...other, token: { ...other.token, repoIds: null } };
      await expectRefused(forward({ repoId, principal: anywhere }), { code: 'insufficient-scope' });
    });

    it('is the same answer for a deleted repository and a private one that may not be seen', async () => {
      const deleted = await begun();
      await world.setRepository(deleted.repoId, { deleted: true });
      await expectRefused(forward(deleted), { code: 'repo-not-found' });
      const hidden = await begun();
      await world.setRepository(hidden.repoId, { visibility: 'private' });
      const stranger = await addUser(world);
      await expectRefused(forward({ ...hidden, principal: stranger }), { code: 'repo-not-found' });
    });
  });

  describe(`${name}: branch rules, as they are when the branch moves`, () => {
    it('refuse force and delete where a rule forbids it, on the branches it matches only', async () => {
      const base = await begun();
      await world.push.applyPush(planOf({ ...base, branch: 'side', newHead: root.id }));
      await world.setRules(base.repoId, [{ ...RULE, allowForce: false, allowDelete: false }]);
      const rewrite = { kind: 'force' as const, commits: [fork], oldHead: root.id };
      await expectRefused(planOf({ ...base, ...rewrite }), { code: 'branch-protected' });
      const remove = { oldHead: root.id, newHead: null };
      await expectRefused(planOf({ ...base, ...remove }), { code: 'branch-protected' });
      await world.push.applyPush(planOf({ ...base, ...remove, branch: 'side' }));
      await world.push.applyPush(planOf({ ...base, commits: [next], oldHead: root.id }));
    });

    it('keep writers from a branch that is for admins', async () => {
      const { repoId } = await begun();
      const writer = await addUser(world);
      await world.setCollaborator(repoId, writer.userId, 'write');
      await world.setRules(repoId, [{ ...RULE, pushRole: 'admin' }]);
      const plan = { repoId, commits: [next], oldHead: root.id };
      await expectRefused(planOf({ ...plan, principal: writer }), { code: 'branch-protected' });
      await world.push.applyPush(planOf({ ...plan, principal: owner }));
    });

    it('refuse unsigned commits where signatures are required, and take verified ones', async () => {
      const base = await begun();
      await world.setRules(base.repoId, [{ ...RULE, requireSigned: true }]);
      const move = { oldHead: root.id, newHead: next.id };
      await expectRefused(planOf({ ...base, ...move, commits: [next] }), {
        code: 'signature-required',
      });
      const signed = commitOf('next', [root], { signatureState: 'verified' });
      await world.push.applyPush(planOf({ ...base, ...move, commits: [signed] }));
    });
  });
}
