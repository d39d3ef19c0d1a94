import { randomUUID } from 'node:crypto';
import { TRPCError } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal, Scope } from '~/server/access';
import { appRouter, createCaller } from '~/server/api/root';
import { createApiContext, TRPC_CODES } from '~/server/api/trpc';
import { hashToken, newToken } from '~/server/auth/token-text';
import { ERRORS, Refusal } from '~/wire/errors';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, HUB_URL, openBrowseWorld } from '~tests/support/browse-world';
import type { SeedCommit, SeededRepository } from '~tests/support/seed-repository';

type User = Extract<Principal, { kind: 'user' }>;

let world: BrowseWorld;
let seeded: SeededRepository;
let ada: User;
const callers = new Map<string, ReturnType<typeof createCaller>>();
/** Each caller comes from its own address: failures of one do not hold up another. */
let addresses = 0;

interface Row {
  repo: boolean;
  /** About what only the caller made. */
  own?: boolean;
  /** For admins of the hub only. */
  hub?: boolean;
  /** For those only who may write. */
  write?: boolean;
  /** For the repository's admins only. */
  admin?: boolean;
  input: () => Record<string, unknown>;
}

const WORDS = { title: '', body: '', isDraft: false };
const RULE = { pattern: 'x/*', allowForce: false, allowDelete: false };

/** One input per procedure; `repo` ones are asked of a repository. A new procedure needs a row. */
const PROCEDURES: Record<string, Row> = {
  'account.me': { repo: false, input: () => ({}) },
  'admin.audit.list': { repo: false, hub: true, input: () => ({}) },
  'admin.hub.configuration': { repo: false, hub: true, input: () => ({}) },
  'admin.hub.policy': { repo: false, hub: true, input: () => ({}) },
  'admin.hub.quarantine': { repo: false, hub: true, input: () => ({}) },
  'admin.hub.setPolicy': { repo: false, hub: true, input: () => ({ days: null, reason: 'x' }) },
  'admin.hub.storage': { repo: false, hub: true, input: () => ({}) },
  'admin.jobs.list': { repo: false, hub: true, input: () => ({}) },
  'admin.jobs.retry': { repo: false, hub: true, input: () => ({ id: '0', reason: 'x' }) },
  'admin.pushes.list': { repo: false, hub: true, input: () => ({}) },
  'admin.repositories.delete': {
    repo: false,
    hub: true,
    input: () => ({ owner: 'nobody', slug: 'x', reason: 'x' }),
  },
  'admin.repositories.list': { repo: false, hub: true, input: () => ({}) },
  'admin.tokens.list': { repo: false, hub: true, input: () => ({}) },
  'admin.tokens.revoke': {
    repo: false,
    hub: true,
    input: () => ({ ids: [randomUUID()], reason: 'x' }),
  },
  'repo.explore': { repo: false, input: () => ({}) },
  'repo.ofOwner': { repo: false, input: () => ({ owner: 'ada' }) },
  'repo.create': { repo: false, input: () => ({ slug: 'fresh', visibility: 'public' }) },
  'repo.get': { repo: true, input: () => ({}) },
  'branch.list': { repo: true, input: () => ({}) },
  'branch.names': { repo: true, input: () => ({}) },
  'branch.deleted': { repo: true, input: () => ({}) },
  'branch.restore': {
    ...{ repo: true, write: true },
    input: () => ({ pushId: randomUUID(), expectedHead: null }),
  },
  'branch.delete': {
    ...{ repo: true, write: true },
    input: () => ({ branch: 'nowhere', expectedHead: head() }),
  },
  'tree.browse': { repo: true, input: () => ({ segments: ['main', 'README.md'] }) },
  'commit.list': { repo: true, input: () => ({}) },
  'commit.get': { repo: true, input: () => ({ id: head() }) },
  'commit.changes': { repo: true, input: () => ({ id: head() }) },
  'commit.diff': { repo: true, input: () => ({ id: head() }) },
  'compare.refs': { repo: true, input: () => ({ base: head(), head: 'main' }) },
  'compare.diff': { repo: true, input: () => ({ commit: head() }) },
  'compare.lines': {
    repo: true,
    input: () => ({ commit: head(), path: 'README.md', from: 1, to: 5 }),
  },
  'commit.comments': { repo: true, input: () => ({ id: head() }) },
  'commit.editComment': {
    repo: true,
    own: true,
    input: () => ({ id: head(), comment: randomUUID(), body: 'x' }),
  },
  'commit.deleteComment': {
    repo: true,
    own: true,
    input: () => ({ id: head(), comment: randomUUID() }),
  },
  'commit.previewComment': { repo: true, input: () => ({ id: head(), body: 'hello' }) },
  'commit.addComment': { repo: true, input: () => ({ id: head(), body: 'hello' }) },
  'push.list': { repo: true, input: () => ({}) },
  'release.list': { repo: true, input: () => ({}) },
  'release.get': { repo: true, input: () => ({ tag: 'v1.0.0' }) },
  'release.create': {
    repo: true,
    write: true,
    input: () => ({ tag: 'v2.0.0', ref: 'main', channel: null, ...WORDS }),
  },
  'release.update': {
    repo: true,
    write: true,
    input: () => ({ tag: 'v1.0.0', channel: 'beta', ...WORDS }),
  },
  'release.delete': { repo: true, write: true, input: () => ({ tag: 'v1.0.0' }) },
  'search.repositories': { repo: false, input: () => ({ text: 'a' }) },
  'search.commits': { repo: false, input: () => ({ text: 'a' }) },
  'search.files': { repo: true, input: () => ({}) },
  'tag.list': { repo: true, input: () => ({}) },
  'tag.add': { repo: true, write: true, input: () => ({ name: randomUUID(), ref: 'main' }) },
  'tag.remove': { repo: true, write: true, input: () => ({ id: randomUUID() }) },
  'push.version': { repo: true, input: () => ({}) },
  'push.watch': { repo: true, input: () => ({}) },
  'push.get': { repo: true, input: () => ({ id: pushId }) },
  'settings.get': { repo: true, admin: true, input: () => ({}) },
  'settings.update': { repo: true, admin: true, input: () => ({ description: 'd' }) },
  'settings.setCollaborator': {
    repo: true,
    admin: true,
    input: () => ({ handle: 'x', permission: 'read' }),
  },
  'settings.setRule': {
    repo: true,
    admin: true,
    input: () => ({ ...RULE, pushRole: 'admin', requireSigned: false }),
  },
  'settings.removeRule': { repo: true, admin: true, input: () => ({ pattern: 'main' }) },
  'settings.delete': { repo: true, admin: true, input: () => ({ confirm: 'no' }) },
  'device.show': { repo: false, input: () => ({ code: 'BCDF-GHJK' }) },
  'device.approve': {
    repo: false,
    input: () => ({ code: 'BCDF-GHJK', name: 'narrow', scope: 'read' }),
  },
  'device.deny': { repo: false, input: () => ({ code: 'BCDF-GHJK' }) },
  'key.list': { repo: false, input: () => ({}) },
  'key.add': { repo: false, input: () => ({ name: '', publicKey: '', proof: '' }) },
  'key.revoke': { repo: false, input: () => ({ keyId: randomUUID() }) },
  'account.profile': { repo: false, input: () => ({}) },
  'account.setDisplayName': { repo: false, input: () => ({ displayName: 'x\n' }) },
  'account.setPassword': { repo: false, input: () => ({ next: 'short' }) },
  'account.unlinkLogin': { repo: false, input: () => ({ provider: 'p', subject: 's' }) },
  'agent.list': { repo: false, input: () => ({}) },
  'agent.get': { repo: false, input: () => ({ handle: 'nobody' }) },
  'agent.create': { repo: false, input: () => ({ handle: 'not a handle' }) },
  'agent.setDisabled': { repo: false, input: () => ({ handle: 'nobody', disabled: true }) },
  'agent.createToken': { repo: false, input: () => ({ handle: 'nobody', name: '', scopes: [] }) },
  'agent.revokeToken': { repo: false, input: () => ({ handle: 'nobody', id: randomUUID() }) },
  'join.state': { repo: false, input: () => ({}) },
  'join.takeCode': { repo: false, input: () => ({ code: 'no code' }) },
  'join.join': { repo: false, input: () => ({ handle: '-', password: 'short' }) },
  'join.setPassword': { repo: false, input: () => ({ code: 'no code', password: 'short' }) },
  'admin.users.list': { repo: false, hub: true, input: () => ({}) },
  'admin.users.create': {
    repo: false,
    hub: true,
    input: () => ({ handle: 'made-by-an-admin', kind: 'human', reason: 'x' }),
  },
  'admin.users.setDisabled': {
    repo: false,
    hub: true,
    input: () => ({ handle: 'nobody', disabled: true, reason: 'x' }),
  },
  'admin.users.setRole': {
    repo: false,
    hub: true,
    input: () => ({ handle: 'nobody', role: 'user', reason: 'x' }),
  },
  'admin.users.reset': {
    repo: false,
    hub: true,
    input: () => ({ handle: 'nobody', revokeTokens: false, unlinkLogins: false, reason: 'x' }),
  },
  'admin.users.signUp': { repo: false, hub: true, input: () => ({}) },
  'admin.users.setSignUp': {
    repo: false,
    hub: true,
    input: () => ({ signUp: 'closed', reason: 'x' }),
  },
  'admin.users.invitations': { repo: false, hub: true, input: () => ({}) },
  'admin.users.invite': {
    repo: false,
    hub: true,
    input: () => ({ note: 'x', usesMax: 1, days: 1 }),
  },
  'admin.users.revokeInvitation': {
    repo: false,
    hub: true,
    input: () => ({ id: randomUUID(), reason: 'x' }),
  },
  'session.list': { repo: false, input: () => ({}) },
  'session.end': { repo: false, input: () => ({ id: randomUUID() }) },
  'session.endOthers': { repo: false, input: () => ({}) },
  'token.list': { repo: false, input: () => ({}) },
  'token.create': { repo: false, input: () => ({ name: 'narrow', scopes: ['read'] }) },
  'token.revoke': { repo: false, input: () => ({ id: randomUUID() }) },
};
let pushId: string;
const head = () => seeded.commits.get('b')!.id;
const OF_REPOSITORY = Object.keys(PROCEDURES).filter((name) => PROCEDURES[name]!.repo);
const FOR_READERS = OF_REPOSITORY.filter((name) => {
  const { admin, write, own } = PROCEDURES[name]!;
  return !admin && !write && !own;
});

/** What may see the private repository, and what may not. */
const READERS = ['reader', 'writer', 'owner', 'admin', 'token of the owner'];
const OTHERS = ['anonymous', 'stranger', 'token for another repository', 'expired', 'revoked'];

async function call(who: string, name: string, names: { owner: string; slug: string }) {
  const caller = callers.get(who)! as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  const [router = '', procedure = ''] = name.split('.');
  return caller[router]![procedure]!({ ...PROCEDURES[name]!.input(), ...names });
}

/** All that an error tells its reader. */
async function told(answer: Promise<unknown>): Promise<unknown> {
  const error = await answer.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TRPCError)) throw new Error(`expected a refusal, got ${String(error)}`);
  const reason = Refusal.is(error.cause) ? error.cause.code : null;
  return { code: error.code, message: error.message, reason };
}

function callerFor(headers: Record<string, string>, lenient = false) {
  const use = { address: `192.0.2.${++addresses % 250}`, client: 'test' };
  return createCaller(
    createApiContext({ headers: new Headers(headers), use, lenient }, world.deps),
  );
}

async function tokenOf(
  user: User,
  narrowing: { repoIds?: string[]; expiresAtMs?: number; scopes?: Scope[] } = {},
) {
  const text = newToken('human');
  const id = randomUUID();
  await world.deps.identities.createToken(
    {
      ...{ id, userId: user.userId, name: 'test', hash: hashToken(text), branchPattern: null },
      ...{ scopes: ['read', 'write'], repoIds: null, expiresAtMs: null, ...narrowing },
    },
    AN_ACT,
  );
  return { id, text };
}

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
  const users = { reader: await world.addUser('rea'), writer: await world.addUser('wri') };
  const stranger = await world.addUser('stranger');
  const admin = await world.addUser('root', 'admin');
  const repoId = await world.addRepository(ada, 'secret', 'private');
  const openId = await world.addRepository(ada, 'open', 'public');
  await world.addCollaborator(repoId, users.reader, 'read');
  await world.addCollaborator(repoId, users.writer, 'write');
  const history: SeedCommit[] = [
    { name: 'a', files: { 'README.md': '# secret\n', 'src/a.ts': 'let a = 1;\n' } },
    { name: 'b', files: { 'src/a.ts': 'let a = 2;\n' }, parents: ['a'] },
  ];
  seeded = await world.seed(history, { repoId, principal: ada });
  await world.seed(history, { repoId: openId, principal: ada });
  pushId = seeded.result.pushId;
  // Clients choose these ids, so two repositories may know the same one.
  await world.db.prisma.push.updateMany({ where: { repoId: openId }, data: { id: pushId } });

  for (const id of [repoId, openId]) {
    const commit = { commitId: head(), snapshotId: seeded.commits.get('b')!.snapshotId };
    const release = {
      tag: 'v1.0.0',
      channel: 'stable',
      createdAtMs: 0,
      ...WORDS,
      ...commit,
    } as const;
    await world.deps.releases.addRelease(id, ada.userId, { id: randomUUID(), ...release }, {});
  }
  const asToken = async (user: User, narrowing = {}) =>
    callerFor({ authorization: `Bearer ${(await tokenOf(user, narrowing)).text}` });
  callers.set('anonymous', callerFor({ origin: HUB_URL }));
  callers.set('stranger', await asToken(stranger));
  callers.set('reader', await asToken(users.reader));
  callers.set('writer', await asToken(users.writer));
  callers.set('owner', await asToken(ada));
  callers.set('admin', await asToken(admin));
  const whole = { scopes: ['read', 'write', 'admin'] as Scope[] };
  callers.set('whole admin', await asToken(admin, whole));
  callers.set('token of the owner', await asToken(ada, { repoIds: [repoId] }));
  callers.set('token for another repository', await asToken(ada, { repoIds: [openId] }));
  // On pages, which are lenient, a token that is no good is nobody.
  const expired = await tokenOf(ada, { expiresAtMs: Date.now() - 1 });
  callers.set('expired', callerFor({ authorization: `Bearer ${expired.text}` }, true));
  const revoked = await tokenOf(ada);
  await world.deps.identities.revokeToken(revoked.id, AN_ACT);
  callers.set('revoked', callerFor({ authorization: `Bearer ${revoked.text}` }, true));
});
afterAll(() => world.close());

describe('every procedure', () => {
  it('has a row in this test', () => {
    const procedures = Object.keys(appRouter._def.procedures).sort();
    expect(procedures).toEqual(Object.keys(PROCEDURES).sort());
  });

  it.each(FOR_READERS)('%s gives a private repository to those who may read it', async (name) => {
    for (const who of READERS) {
      await call(who, name, { owner: 'ada', slug: 'secret' });
    }
  });

  it.each(OF_REPOSITORY)(
    '%s has the same not-found for what is private and what is not',
    async (name) => {
      const absent = await told(call('stranger', name, { owner: 'ada', slug: 'absent' }));
      expect(absent).toMatchObject({ code: 'NOT_FOUND', reason: 'repo-not-found' });
      for (const who of OTHERS) {
        const hidden = await told(call(who, name, { owner: 'ada', slug: 'secret' }));
        expect(hidden, `${who} ${name}`).toEqual(absent);
      }
      expect(await told(call('owner', name, { owner: 'nobody', slug: 'x' }))).toEqual(absent);
    },
  );

  it.each(FOR_READERS)('%s gives a public repository to anyone who may', async (name) => {
    for (const who of [...READERS, 'stranger', 'anonymous']) {
      const answer = call(who, name, { owner: 'ADA', slug: 'Open' });
      const signedInOnly = ['commit.addComment', 'commit.previewComment'].includes(name);
      if (signedInOnly && who === 'anonymous') {
        expect(await told(answer)).toMatchObject({ code: 'UNAUTHORIZED' });
      } else if (signedInOnly && who === 'token of the owner') {
        expect(await told(answer)).toMatchObject({ reason: 'insufficient-scope' });
      } else await answer;
    }
  });

  it.each(Object.keys(PROCEDURES).filter((name) => PROCEDURES[name]!.hub))(
    '%s is not there for those who are no admins of the hub, and asks admins for a whole token',
    async (name) => {
      const ask = (who: string) => {
        let callee: unknown = callers.get(who)!;
        for (const part of name.split('.')) callee = (callee as Record<string, unknown>)[part];
        return (callee as (input: unknown) => Promise<unknown>)(PROCEDURES[name]!.input());
      };
      const message = `No procedure found on path "${name}"`;
      for (const who of [...OTHERS, 'reader', 'writer', 'owner']) {
        const absent = { code: 'NOT_FOUND', reason: null, message };
        expect(await told(ask(who)), `${who} ${name}`).toEqual(absent);
      }
      expect(await told(ask('admin'))).toMatchObject({ reason: 'insufficient-scope' });
      const answer = await ask('whole admin').catch((error: TRPCError) => error.cause);
      if (Refusal.is(answer)) expect(answer.code).toMatch(/not-found$/);
      else expect(answer).not.toBeInstanceOf(Error);
    },
  );

  it('refuses a token that is no good, outside of pages', async () => {
    const me = (headers: Record<string, string>) => told(callerFor(headers).account.me());
    const expired = await tokenOf(ada, { expiresAtMs: Date.now() - 1 });
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    expect(await me(bearer(expired.text))).toMatchObject({ reason: 'token-expired' });
    expect(await me(bearer(newToken('human')))).toMatchObject({ reason: 'unauthenticated' });
    expect(await me(bearer('nonsense'))).toMatchObject({ reason: 'unauthenticated' });
    expect(await me({ authorization: 'Basic YTpi' })).toMatchObject({ reason: 'unauthenticated' });
  });

  it('lists private repositories only to those who may read them', async () => {
    const slugs = async (who: string) => {
      const page = await callers.get(who)!.repo.ofOwner({ owner: 'ada' });
      return page.repositories.map(({ slug }) => slug).sort();
    };
    for (const who of ['reader', 'writer', 'owner', 'admin']) {
      expect(await slugs(who), who).toContain('secret');
    }
    for (const who of OTHERS) expect(await slugs(who), who).not.toContain('secret');
    const explored = await callers.get('owner')!.repo.explore({});
    expect(explored.repositories.map(({ slug }) => slug)).not.toContain('secret');
  });
});

describe('errors of the API', () => {
  it('have a tRPC code for every code of the hub, of the same HTTP class', () => {
    const statusOf: Record<string, number> = {
      UNAUTHORIZED: 401,
      FORBIDDEN: 403,
      NOT_FOUND: 404,
      TIMEOUT: 408,
      CONFLICT: 409,
      PAYLOAD_TOO_LARGE: 413,
      UNSUPPORTED_MEDIA_TYPE: 415,
      UNPROCESSABLE_CONTENT: 422,
      TOO_MANY_REQUESTS: 429,
      INTERNAL_SERVER_ERROR: 500,
      SERVICE_UNAVAILABLE: 503,
    };
    expect(Object.keys(TRPC_CODES).sort()).toEqual(Object.keys(ERRORS).sort());
    for (const [code, facts] of Object.entries(ERRORS)) {
      const status = statusOf[TRPC_CODES[code as keyof typeof ERRORS]];
      // The one status that tRPC does not know: no room on the disk.
      expect(status, code).toBe(facts.status === 507 ? 503 : facts.status);
    }
  });

  it('log a fault once and tell nothing of it', async () => {
    const broken = {
      ...world.deps.browse,
      countBranches: () => Promise.reject(new Error('a secret')),
    };
    const deps = { ...world.deps, browse: broken };
    const use = { address: '', client: '' };
    const context = createApiContext({ headers: new Headers(), use, lenient: true }, deps);
    const before = world.faults.length;
    const answer = createCaller(context).repo.get({ owner: 'ada', slug: 'open' });
    await expect(answer).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(world.faults).toHaveLength(before + 1);
    expect(world.faults.at(-1)?.fields).toMatchObject({ procedure: 'repo.get' });
  });
});

describe('a change', () => {
  it('is refused without the origin of this hub', async () => {
    const cookie = await world.signIn(ada);
    for (const origin of [null, 'null', 'https://evil.example', `${HUB_URL}.evil.example`]) {
      const caller = callerFor({ cookie, ...(origin !== null && { origin }) });
      const created = caller.repo.create({ slug: 'forged', visibility: 'public' });
      expect(await told(created), String(origin)).toMatchObject({ reason: 'access-denied' });
    }
    const own = callerFor({ cookie, origin: HUB_URL });
    expect(await own.repo.create({ slug: 'mine', visibility: 'public' })).toMatchObject({
      owner: 'ada',
    });
  });

  it('by a token that only reads is refused', async () => {
    const text = newToken('human');
    await world.deps.identities.createToken(
      {
        ...{ id: randomUUID(), userId: ada.userId, name: 'r', hash: hashToken(text) },
        ...{ scopes: ['read'], repoIds: null, branchPattern: null, expiresAtMs: null },
      },
      AN_ACT,
    );
    const caller = callerFor({ authorization: `Bearer ${text}` });
    const created = caller.repo.create({ slug: 'nope', visibility: 'public' });
    expect(await told(created)).toMatchObject({ reason: 'insufficient-scope' });
    const comment = caller.commit.addComment({ owner: 'ada', slug: 'open', id: head(), body: 'x' });
    expect(await told(comment)).toMatchObject({ reason: 'insufficient-scope' });
  });
});
