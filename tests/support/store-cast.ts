import { randomBytes, randomUUID } from 'node:crypto';
import type { Principal, Scope } from '~/server/access';
import type { AccountStore, NewAccount } from '~/server/ports/account-store';
import type { NewToken } from '~/server/ports/identity-store';
import { AN_ACT } from './audit-entries';
import type { StoreWorld } from './store-world';

type User = Extract<Principal, { kind: 'user' }>;

/** Makes an account that can do nothing yet. */
export async function insertAccount(
  accounts: Pick<AccountStore, 'createAccount'>,
  account: Pick<NewAccount, 'id' | 'handle' | 'displayName' | 'kind' | 'ownerId' | 'role'>,
): Promise<void> {
  const without = { passwordHash: null, login: null, invitationId: null };
  const problem = await accounts.createAccount({ ...account, ...without }, AN_ACT);
  if (problem !== null) throw new Error(`${account.handle} could not be made: ${problem}`);
}

/** An account of its own for one test, without a token. */
export async function addUser(
  world: StoreWorld,
  fields: {
    handle?: string;
    role?: 'user' | 'admin';
    kind?: 'human' | 'agent';
    ownerId?: string;
  } = {},
): Promise<User> {
  const { role = 'user', kind = 'human', ownerId = null } = fields;
  const userId = randomUUID();
  const handle = fields.handle ?? `user-${userId.slice(0, 8)}`;
  await insertAccount(world.accounts, {
    ...{ id: userId, handle, displayName: '', kind, ownerId, role },
  });
  return { kind: 'user', userId, handle, accountKind: kind, role, token: null, sessionId: null };
}

/** The account, as it comes through a new access token. */
export async function withToken(
  world: StoreWorld,
  user: User,
  fields: Partial<Omit<NewToken, 'id' | 'userId'>> & { scopes?: Scope[] } = {},
): Promise<User & { token: NonNullable<User['token']> }> {
  const token = {
    id: randomUUID(),
    userId: user.userId,
    name: 'laptop',
    hash: randomBytes(32),
    scopes: ['write'] as Scope[],
    repoIds: null,
    branchPattern: null,
    expiresAtMs: null,
    ...fields,
  };
  await world.identity.createToken(token, AN_ACT);
  const { id, scopes, repoIds, branchPattern, expiresAtMs } = token;
  return { ...user, token: { id, scopes, repoIds, branchPattern, expiresAtMs } };
}

export async function addRepository(
  world: StoreWorld,
  owner: User,
  visibility: 'public' | 'private' = 'public',
): Promise<string> {
  const id = randomUUID();
  const slug = `repo-${id.slice(0, 8)}`;
  await world.identity.createRepository(
    {
      ...{ id, ownerId: owner.userId, slug, description: '', visibility },
    },
    AN_ACT,
  );
  return id;
}
