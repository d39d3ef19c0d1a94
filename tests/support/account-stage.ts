import { randomUUID } from 'node:crypto';
import type { Principal } from '~/server/access';
import { ScryptHasher } from '~/server/auth/scrypt-hasher';
import { invitationCodes, mintToken } from '~/server/auth/token-text';
import type { HubSettings } from '~/server/ports/hub-settings';
import { AN_ACT, TEST_USE } from './audit-entries';
import { FakeClock } from './fake-clock';
import { MemoryHub } from './memory-hub';
import { memoryWorld } from './memory-world';
import { addUser, withToken } from './store-cast';

type User = Extract<Principal, { kind: 'user' }>;

export const GOOD_PASSWORD = 'nine purple giraffes';

/** The services around accounts over stores in memory, with an admin of the hub. */
export async function accountStage() {
  const clock = new FakeClock(Date.now());
  const hub = new MemoryHub(() => clock.now());
  const world = memoryWorld(hub);
  const deps = {
    ...{ accounts: world.accounts, passwords: world.passwords, logins: world.logins },
    ...{ invitations: world.invitations, hubSettings: world.hubSettings, invitationCodes },
    ...{ identities: world.identity, tokens: world.tokens, sessions: world.sessions },
    ...{ audit: world.audit, use: TEST_USE, mint: mintToken, tokenDaysMax: 366 },
    hasher: new ScryptHasher({ ln: 4, r: 8, p: 1 }),
    clock: { now: () => clock.now(), uuid: () => randomUUID() },
  };
  return {
    ...{ clock, hub, world, deps },
    admin: await addUser(world, { handle: 'root', role: 'admin' }),
    last: () => hub.acts.at(-1),
    signUp: (signUp: HubSettings['signUp']) => world.hubSettings.save({ signUp }, AN_ACT),
    /** An account of a person with a password. */
    async person(handle: string): Promise<User> {
      const user = await addUser(world, { handle });
      await world.passwords.setPassword(
        user.userId,
        await deps.hasher.hash(GOOD_PASSWORD),
        null,
        AN_ACT,
      );
      return user;
    },
    /** The account, as it is signed in with a browser. */
    async signedIn(user: User): Promise<User & { sessionId: string }> {
      const sessionId = randomUUID();
      const expiresAtMs = clock.now() + 3_600_000;
      await world.identity.createSession(
        { id: sessionId, userId: user.userId, tokenId: null, expiresAtMs, ...BROWSER },
        AN_ACT,
      );
      return { ...user, sessionId };
    },
    /** The account, as it comes with a token that has the scope `write` only. */
    narrow: (user: User) => withToken(world, user, { scopes: ['read', 'write'] }),
  };
}

const BROWSER = { userAgent: 'browser', address: '192.0.2.7' };

/** What a refusal says: its problem, else its code. */
export async function refusalOf(act: Promise<unknown>): Promise<unknown> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) return null;
  const { code, detail } = error as { code: string; detail: { problem?: string } };
  return detail.problem ?? code;
}
