import type { Principal } from '~/server/access';
import type { Clock } from '~/server/ports/clock';
import type { ListedToken, TokenStore } from '~/server/ports/token-store';
import { expectAccountAdmin } from './expect-account-admin';
import { endsSoon } from './token-expiry';

const LISTED_MAX = 500;

export interface ShownToken extends ListedToken {
  /** `soon`: within a week. */
  end: 'far' | 'soon' | 'past';
  /** The one that this request, or its session, came with. */
  current: boolean;
}

/** The tokens of the one who asks, newest first. Throws `Refusal` as `expectAccountAdmin`. */
export async function listTokens(
  principal: Principal,
  { tokens, clock }: { tokens: Pick<TokenStore, 'listTokens'>; clock: Pick<Clock, 'now'> },
): Promise<ShownToken[]> {
  const user = expectAccountAdmin(principal);
  const nowMs = clock.now();
  const listed = await tokens.listTokens(user.userId, LISTED_MAX);
  return listed.map((token) => ({
    ...token,
    end: endOf(token.expiresAtMs, nowMs),
    current: token.id === user.token?.id,
  }));
}

function endOf(expiresAtMs: number | null, nowMs: number): ShownToken['end'] {
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return 'past';
  return endsSoon(expiresAtMs, nowMs) ? 'soon' : 'far';
}
