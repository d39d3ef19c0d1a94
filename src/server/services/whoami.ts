import type { Principal, Scope } from '~/server/access';
import type { AccountStore } from '~/server/ports/account-store';
import { Refusal } from '~/wire/errors';

export interface Whoami {
  handle: string;
  kind: 'human' | 'agent';
  role: 'user' | 'admin';
  displayName: string;
  /** Who answers for an agent; null: nobody, or it is a person. */
  owner: string | null;
  scopes: Scope[];
}

const ALL_SCOPES: Scope[] = ['read', 'write', 'admin'];

/** Who a principal is and what its credential carries. Throws `Refusal` `unauthenticated`. */
export async function whoami(
  principal: Principal,
  { accounts }: { accounts: Pick<AccountStore, 'findAccount'> },
): Promise<Whoami> {
  if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  const { handle, accountKind: kind, role, token } = principal;
  const account = await accounts.findAccount(principal.userId);
  const scopes = token?.scopes ?? ALL_SCOPES;
  const { displayName = '', owner = null } = account ?? {};
  return { handle, kind, role, displayName, owner: owner?.handle ?? null, scopes };
}
