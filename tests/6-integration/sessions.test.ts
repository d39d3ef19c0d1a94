import { randomUUID } from 'node:crypto';
import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, type Principal } from '~/server/access';
import { authenticate } from '~/server/auth/authenticate';
import { nextAuthOptions, ownAddress } from '~/server/auth/next-auth-options';
import { hashToken, newToken } from '~/server/auth/token-text';
import { AN_ACT } from '~tests/support/audit-entries';
import { type BrowseWorld, openBrowseWorld } from '~tests/support/browse-world';

let world: BrowseWorld;
let ada: Extract<Principal, { kind: 'user' }>;
const browser = { address: '192.0.2.8', client: 'Browser/1' };
const use = { address: '192.0.2.7', client: 'test/1' };

const whoIs = (headers: Record<string, string>) =>
  authenticate(new Headers(headers), world.deps, use);

async function newTokenOf(user: typeof ada, expiresAtMs: number | null = null) {
  const text = newToken('human');
  const id = randomUUID();
  await world.deps.identities.createToken(
    {
      ...{ id, userId: user.userId, name: 'laptop', hash: hashToken(text), scopes: ['write'] },
      ...{ repoIds: null, branchPattern: null, expiresAtMs },
    },
    AN_ACT,
  );
  return { id, text };
}

/** What next-auth does when the form is sent. */
async function authorize(token: string): Promise<{ id: string }> {
  const provider = nextAuthOptions(world.deps, { cookie: null, use: browser })
    .providers[0] as unknown as {
    options: {
      authorize(given: { token: string }): Promise<{ id: string }>;
    };
  };
  return provider.options.authorize({ token });
}

const cookieOf = async (sessionId: string, secret = world.deps.sessionSecret) =>
  `theme=x; next-auth.session-token=${await encode({ token: { sessionId }, secret })}`;

beforeAll(async () => {
  world = await openBrowseWorld();
  ada = await world.addUser('ada');
});
afterAll(() => world.close());

describe('signing in with a token', () => {
  it('makes a session whose cookie stands for the same account', async () => {
    const { id: tokenId, text } = await newTokenOf(ada);
    const session = await authorize(`  ${text}\n`);
    const principal = await whoIs({ cookie: await cookieOf(session.id) });
    expect(principal).toMatchObject({
      kind: 'user',
      userId: ada.userId,
      handle: 'ada',
      sessionId: session.id,
      token: { id: tokenId, scopes: ['write'] },
    });
    const row = await world.db.prisma.session.findUniqueOrThrow({ where: { id: session.id } });
    expect(row).toMatchObject({ userAgent: 'Browser/1', revokedAt: null });
  });

  it('is refused by the code of what is wrong, and makes no session', async () => {
    const before = await world.db.prisma.session.count();
    const expired = await newTokenOf(ada, Date.now() - 1000);
    await expect(authorize(expired.text)).rejects.toThrow(/^token-expired$/);
    await expect(authorize(newToken('human'))).rejects.toThrow(/^unauthenticated$/);
    await expect(authorize('')).rejects.toThrow(/^unauthenticated$/);
    expect(await world.db.prisma.session.count()).toBe(before);
  });
});

describe('signing in and out', () => {
  const noted = async (actor: string | null) => {
    const all = { actor, action: null, repository: null, fromMs: null, untilMs: null };
    return world.deps.audit.list({ ...all, before: null, limit: 3 });
  };

  it('is noted with the account, the token and where from', async () => {
    const dora = await world.addUser('dora');
    const { id: tokenId, text } = await newTokenOf(dora);
    const { id } = await authorize(text);
    const from = { ...browser, actorName: 'dora', tokenId, sessionId: id };
    const account = { kind: 'account', id: dora.userId, name: 'dora' };
    expect(await noted('dora')).toMatchObject([{ action: 'sign-in', subject: account, ...from }]);
    const { events } = nextAuthOptions(world.deps, { cookie: null, use: browser });
    await events!.signOut!({ token: { sessionId: id } } as never);
    await events!.signOut!({ token: { sessionId: id } } as never);
    const session = { kind: 'session', id };
    const acts = await noted('dora');
    expect(acts).toMatchObject([{ action: 'sign-out', subject: session, ...from }, {}]);
    expect(acts).toHaveLength(2);
  });

  it('is noted when it fails, for the account that it was for; gibberish is not', async () => {
    const fay = await world.addUser('fay');
    const { text } = await newTokenOf(fay, Date.now() - 1000);
    await expect(authorize(text)).rejects.toThrow('token-expired');
    await expect(authorize(newToken('human'))).rejects.toThrow('unauthenticated');
    await expect(authorize('gibberish')).rejects.toThrow('unauthenticated');
    const acts = (await noted(null)).slice(0, 2);
    expect(acts).toMatchObject([
      { action: 'sign-in.failed', subject: { id: null }, detail: { code: 'unauthenticated' } },
      {
        ...{ action: 'sign-in.failed', actorId: null, ...browser },
        ...{ subject: { id: fay.userId, name: 'fay' }, detail: { code: 'token-expired' } },
      },
    ]);
    expect(JSON.stringify(acts)).not.toContain(text);
  });
});

describe('a session', () => {
  it('ends when it is signed out, with its token, and with its account', async () => {
    const signOut = await authorize((await newTokenOf(ada)).text);
    const ends: [string, () => Promise<unknown>][] = [
      [
        signOut.id,
        async () => {
          const { events } = nextAuthOptions(world.deps, { cookie: null, use: browser });
          await events!.signOut!({ token: { sessionId: signOut.id } } as never);
        },
      ],
    ];
    const byToken = await newTokenOf(ada);
    const ofToken = await authorize(byToken.text);
    ends.push([ofToken.id, () => world.deps.identities.revokeToken(byToken.id, AN_ACT)]);
    const eve = await world.addUser('eve');
    const ofEve = await authorize((await newTokenOf(eve)).text);
    const disable = { where: { id: eve.userId }, data: { disabledAt: new Date() } };
    ends.push([ofEve.id, () => world.db.prisma.user.update(disable)]);
    for (const [sessionId, end] of ends) {
      const cookie = await cookieOf(sessionId);
      expect((await whoIs({ cookie })).kind).toBe('user');
      await end();
      expect(await whoIs({ cookie })).toEqual(ANONYMOUS);
    }
  });

  it('that is ended shows nobody to next-auth either', async () => {
    const session = await authorize((await newTokenOf(ada)).text);
    const { callbacks } = nextAuthOptions(world.deps, { cookie: null, use: browser });
    const token = { sessionId: session.id };
    const show = async () => {
      const shown = await callbacks!.session!({ session: { expires: 'x' }, token } as never);
      return (shown as { user?: object }).user;
    };
    expect(await show()).toEqual({ name: 'ada' });
    await world.deps.identities.revokeSession(session.id, AN_ACT);
    expect(await show()).toBeUndefined();
    expect(await callbacks!.jwt!({ token } as never)).toEqual({});
  });

  it('cannot be made without the secret, nor out of nothing', async () => {
    const session = await authorize((await newTokenOf(ada)).text);
    const forged = await cookieOf(session.id, 'another secret that is long enough');
    const cookies = [forged, await cookieOf(randomUUID()), await cookieOf("' OR 1=1 --")];
    for (const cookie of [
      ...cookies,
      'next-auth.session-token=',
      'next-auth.session-token=a.b.c',
    ]) {
      expect(await whoIs({ cookie }), cookie).toEqual(ANONYMOUS);
    }
  });
});

describe('a Bearer token', () => {
  it('wins over a cookie, also when it is wrong', async () => {
    const bob = await world.addUser('bob');
    const cookie = await world.signIn(bob);
    const { text } = await newTokenOf(ada);
    const both = await whoIs({ cookie, authorization: `bearer ${text}` });
    expect(both).toMatchObject({ handle: 'ada', sessionId: null });
    const wrong = whoIs({ cookie, authorization: `Bearer ${newToken('human')}` });
    await expect(wrong).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('that is revoked or of a disabled account is refused by what it is', async () => {
    const revoked = await newTokenOf(ada);
    await world.deps.identities.revokeToken(revoked.id, AN_ACT);
    await expect(whoIs({ authorization: `Bearer ${revoked.text}` })).rejects.toMatchObject({
      code: 'token-revoked',
    });
    const gone = await world.addUser('gone');
    const { text } = await newTokenOf(gone);
    const disable = { where: { id: gone.userId }, data: { disabledAt: new Date() } };
    await world.db.prisma.user.update(disable);
    await expect(whoIs({ authorization: `Bearer ${text}` })).rejects.toMatchObject({
      code: 'access-denied',
    });
  });

  it('that cannot be one is refused without a question to the database', async () => {
    const asked: string[] = [];
    const deps = {
      ...world.deps,
      identities: { ...world.deps.identities, findToken: async () => asked.push('x') as never },
    };
    const good = newToken('human');
    const mistyped = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`;
    for (const text of [mistyped, 'muse_pat_', good.slice(0, 20), `${good}x`]) {
      const headers = new Headers({ authorization: `Bearer ${text}` });
      const found = authenticate(headers, deps as never, use);
      await expect(found, text).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    expect(asked).toEqual([]);
  });
});

describe('where signing in leads to', () => {
  it('is this hub and nowhere else', () => {
    const hub = 'https://hub.example';
    expect(ownAddress('/ada/notes?x=1', hub)).toBe('https://hub.example/ada/notes?x=1');
    expect(ownAddress('https://hub.example/ada', hub)).toBe('https://hub.example/ada');
    for (const foreign of [
      'https://evil.example/',
      '//evil.example/',
      'https://hub.example.evil.example/',
      'https://hub.example@evil.example/',
      'javascript:alert(1)',
      'http://hub.example/',
      '/\\evil.example',
    ]) {
      expect(ownAddress(foreign, hub), foreign).toBe(hub);
    }
  });
});
