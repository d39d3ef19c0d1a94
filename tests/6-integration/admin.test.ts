import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '~/server/access';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { hashToken, newToken } from '~/server/auth/token-text';
import { handleAuditExport } from '~/server/http/audit-export-handler';
import type { NewToken } from '~/server/ports/identity-store';
import { segmentKey } from '~/server/ports/segment-key';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';

type User = Extract<Principal, { kind: 'user' }>;

const DAY_MS = 24 * 60 * 60 * 1000;
const use = { address: '192.0.2.7', client: 'Browser/1' };
let world: BrowseWorld;
let root: User;
let ada: User;
let cookie: string;
let admin: ReturnType<typeof createCaller>['admin'];
let openId: string;

function callerWith(headers: Record<string, string>) {
  const request = { headers: new Headers({ origin: HUB_URL, ...headers }), use, lenient: false };
  return createCaller(createApiContext(request, world.deps));
}

async function tokenOf(user: User, fields: Partial<NewToken> = {}) {
  const [id, text] = [randomUUID(), newToken('human')];
  await world.deps.identities.createToken(
    {
      ...{ id, userId: user.userId, name: 'laptop', hash: hashToken(text), scopes: ['read'] },
      ...{ repoIds: null, branchPattern: null, expiresAtMs: null, ...fields },
    },
    AN_ACT,
  );
  return { id, text };
}

const acts = async (action: string) =>
  (await admin.audit.list({})).rows.filter((row) => row.action === action);

beforeAll(async () => {
  world = await openBrowseWorld();
  root = await world.addUser('root', 'admin');
  ada = await world.addUser('ada');
  cookie = await world.signIn(root);
  admin = callerWith({ cookie }).admin;
  openId = await world.addRepository(ada, 'open', 'public');
  await world.addRepository(ada, 'secret', 'private');
  const history = [{ name: 'a', files: { 'README.md': '# open\n' } }];
  await world.seed(history, { repoId: openId, principal: ada });
});
afterAll(() => world.close());

describe('the tokens of everybody', () => {
  it('are narrowed by account, scope, end and use, and read page by page', async () => {
    const dan = await world.addUser('dan');
    const names = async (query: Parameters<typeof admin.tokens.list>[0]) =>
      (await admin.tokens.list({ account: 'DAN', ...query })).rows.map(({ name }) => name);
    await tokenOf(dan, { name: 'plain' });
    await tokenOf(dan, { name: 'strong', scopes: ['read', 'write', 'admin'] });
    await tokenOf(dan, { name: 'ending', expiresAtMs: Date.now() + DAY_MS });
    const stale = await tokenOf(dan, { name: 'stale' });
    await world.db.prisma.accessToken.update({
      where: { id: stale.id },
      data: { createdAt: new Date(Date.now() - 91 * DAY_MS) },
    });
    expect(await names({})).toEqual(['ending', 'strong', 'plain', 'stale']);
    expect(await names({ scope: 'admin' })).toEqual(['strong']);
    expect(await names({ expiring: true })).toEqual(['ending']);
    expect(await names({ unused: true })).toEqual(['stale']);
    expect(await names({ kind: 'agent' })).toEqual([]);
    expect(await names({ account: 'nobody' })).toEqual([]);
    const first = await admin.tokens.list({ account: 'dan', limit: 3 });
    expect(await names({ before: first.next, limit: 3 })).toEqual(['stale']);
    expect(first.rows[0]).toMatchObject({ account: { handle: 'dan' }, end: 'soon', unused: false });
    expect(JSON.stringify(first)).not.toMatch(/muse_pat|hash/);
  });

  it('are revoked one or many at once, with a reason, and each is noted', async () => {
    const eve = await world.addUser('eve');
    const [one, two] = [await tokenOf(eve, { name: 'one' }), await tokenOf(eve, { name: 'two' })];
    const nothing = admin.tokens.revoke({ ids: [one.id], reason: '  ' });
    await expect(nothing).rejects.toMatchObject({ cause: { code: 'bad-frame' } });
    expect((await world.deps.identities.findToken(hashToken(one.text)))?.revoked).toBe(false);
    const ids = [one.id, two.id, randomUUID(), 'no-uuid'];
    expect(await admin.tokens.revoke({ ids, reason: 'was leaked' })).toEqual({ revoked: 2 });
    for (const { text } of [one, two]) {
      expect((await world.deps.identities.findToken(hashToken(text)))?.revoked).toBe(true);
    }
    const noted = await acts('token.revoke');
    expect(noted.map(({ subject }) => subject.name).sort()).toEqual(['one', 'two']);
    expect(noted[0]).toMatchObject({
      ...{ actorName: 'root', reason: 'was leaked', detail: { account: 'eve' }, ...use },
    });
    const again = admin.tokens.revoke({ ids: [one.id], reason: 'again' });
    await expect(again).rejects.toMatchObject({ cause: { code: 'object-not-found' } });
  });
});

describe('how long tokens may be valid', () => {
  it('is decided within the environment’s bound, and holds for new ones', async () => {
    const own = callerWith({ cookie: await world.signIn(ada) });
    const make = (days: number) => own.token.create({ name: 'x', scopes: ['read'], days });
    expect(await admin.hub.policy()).toEqual({ daysMax: null, environmentDaysMax: 366 });
    await admin.hub.setPolicy({ days: 7, reason: 'short lives' });
    await expect(make(8)).rejects.toMatchObject({ cause: { detail: { field: 'days' } } });
    expect((await make(7)).name).toBe('x');
    expect((await own.token.list()).daysMax).toBe(7);
    for (const days of [0, 367]) {
      const beyond = admin.hub.setPolicy({ days, reason: 'x' });
      await expect(beyond).rejects.toMatchObject({ cause: { code: 'bad-frame' } });
    }
    await admin.hub.setPolicy({ days: null, reason: 'as before' });
    expect((await make(8)).name).toBe('x');
    expect((await acts('hub.settings')).map(({ reason }) => reason).slice(0, 2)).toEqual([
      ...['as before', 'short lives'],
    ]);
  });
});

describe('all repositories', () => {
  it('are listed with what they take, and deleted with a reason', async () => {
    const { rows } = await admin.repositories.list({ owner: 'ada' });
    expect(rows.map(({ slug }) => slug)).toEqual(['secret', 'open']);
    expect(rows[1]).toMatchObject({ lastPushAtMs: expect.any(Number), objects: 1, segments: 1 });
    expect(rows[1]!.bytes).toBeGreaterThan(0);
    expect(rows[0]).toMatchObject({ visibility: 'private', lastPushAtMs: null, bytes: 0 });
    const first = await admin.repositories.list({ owner: 'ada', limit: 1 });
    const second = await admin.repositories.list({ owner: 'ada', before: first.next, limit: 1 });
    expect([second.rows[0]?.slug, second.next]).toEqual(['open', null]);
    const hidden = await admin.repositories.list({ visibility: 'private', owner: 'ada' });
    expect(hidden.rows).toHaveLength(1);
    await admin.repositories.delete({ owner: 'ada', slug: 'secret', reason: 'asked for' });
    expect((await admin.repositories.list({ owner: 'ada' })).rows).toHaveLength(1);
    expect(await acts('repository.delete')).toMatchObject([
      { subject: { name: 'ada/secret' }, reason: 'asked for', repository: null },
    ]);
  });
});

describe('all pushes', () => {
  it('are listed, what went wrong too, and narrowed', async () => {
    const push = (fields: object) =>
      world.db.prisma.push.create({
        data: {
          ...{ repoId: openId, id: randomUUID(), branch: 'main', startedAt: new Date() },
          ...{ outcome: 'refused', errorCode: 'stale-head', actorId: ada.userId, ...fields },
        },
      });
    await push({});
    await push({ outcome: 'failed', errorCode: 'internal', actorId: root.userId });
    const codes = async (query: Parameters<typeof admin.pushes.list>[0]) =>
      (await admin.pushes.list(query)).rows.map(({ errorCode }) => errorCode);
    expect(await codes({})).toEqual(['internal', 'stale-head', null]);
    expect(await codes({ outcome: 'refused' })).toEqual(['stale-head']);
    expect(await codes({ errorCode: 'internal' })).toEqual(['internal']);
    expect(await codes({ actor: 'ADA' })).toEqual(['stale-head', null]);
    const first = await admin.pushes.list({ limit: 2 });
    expect(await codes({ before: first.next })).toEqual([null]);
    expect(first.rows[0]?.repository).toEqual({ owner: 'ada', slug: 'open' });
  });
});

describe('jobs', () => {
  it('that failed are listed first and tried again with a reason', async () => {
    await world.db.prisma.$executeRaw`
      SELECT graphile_worker.add_job('push-accepted', json_build_object('repoId', 'admin-test'))`;
    await world.db.prisma.$executeRaw`
      UPDATE graphile_worker._private_jobs
         SET attempts = max_attempts, last_error = 'it broke'
       WHERE payload->>'repoId' = 'admin-test'`;
    const { counts, jobs } = await admin.jobs.list({ state: 'given-up' });
    expect(counts['given-up']).toBe(1);
    expect(jobs).toMatchObject([
      { task: 'push-accepted', lastError: 'it broke', payload: { repoId: 'admin-test' } },
    ]);
    const [job] = jobs;
    await admin.jobs.retry({ id: job!.id, reason: 'mended' });
    const after = await admin.jobs.list({ state: 'waiting' });
    expect(after.jobs.find(({ id }) => id === job!.id)).toMatchObject({
      ...{ attempts: 0, lastError: null },
    });
    expect(await acts('job.retry')).toMatchObject([{ reason: 'mended', subject: { kind: 'job' } }]);
    const twice = admin.jobs.retry({ id: job!.id, reason: 'again' });
    await expect(twice).rejects.toMatchObject({ cause: { code: 'object-not-found' } });
  });
});

describe('what is stored', () => {
  it('is told in all, by repository, and as far as nothing names it', async () => {
    const { totals, largest, quotaBytes } = await admin.hub.storage();
    expect(quotaBytes).toBeNull();
    expect(totals).toMatchObject({ segments: 1, objects: 1 });
    expect(largest).toMatchObject([{ owner: 'ada', slug: 'open', bytes: totals.bytes }]);
    expect(await admin.hub.quarantine()).toMatchObject({ segments: 0, lookedAt: 1, whole: true });
    const orphan = segmentKey(openId, randomUUID());
    await world.blobs.put(orphan, [Buffer.alloc(100)]);
    expect(await admin.hub.quarantine()).toMatchObject({ segments: 1, bytes: 100, lookedAt: 2 });
  });
});

describe('the audit log as a file', () => {
  const get = (headers: Record<string, string>, query = '') =>
    handleAuditExport(
      new Request(`${HUB_URL}/api/admin/audit.jsonl${query}`, { headers }),
      world.deps,
    );

  it('has an act a line, with the filters of the page', async () => {
    for (let n = 0; n < 600; n++) await world.deps.audit.append({ ...AN_ACT, reason: `many ${n}` });
    const answer = await get({ cookie }, '?action=hub.settings');
    expect(answer.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    const lines = (await answer.text()).trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { action: string; reason: string });
    expect(new Set(rows.map(({ action }) => action))).toEqual(new Set(['hub.settings']));
    const many = rows.filter(({ reason }) => reason.startsWith('many '));
    expect(many.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 600 }, (_, n) => `many ${599 - n}`),
    );
    expect((await (await get({ cookie }, '?actor=nobody')).text()).trim()).toBe('');
  });

  it('is not there for others', async () => {
    const stranger = { cookie: await world.signIn(ada) };
    for (const headers of [{}, stranger] as Record<string, string>[]) {
      const answer = await get(headers);
      expect([answer.status, (await answer.json()).code]).toEqual([404, 'object-not-found']);
    }
    const narrow = await tokenOf(root);
    expect((await get({ authorization: `Bearer ${narrow.text}` })).status).toBe(403);
  });
});
