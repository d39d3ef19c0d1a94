import type { Principal, Scope } from '~/server/access';
import { Refusal } from '~/wire/errors';

export interface Whoami {
  handle: string;
  kind: 'human' | 'agent';
  role: 'user' | 'admin';
  scopes: Scope[];
}

const ALL_SCOPES: Scope[] = ['read', 'write', 'admin'];

/** Who a principal is and what its credential carries. Throws `Refusal` `unauthenticated`. */
export function whoami(principal: Principal): Whoami {
  if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  const { handle, accountKind: kind, role, token } = principal;
  return { handle, kind, role, scopes: token?.scopes ?? ALL_SCOPES };
}
