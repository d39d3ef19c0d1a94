import type { Principal } from '~/server/access';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A token that ends within this time is spoken of, so that it can be replaced before. */
export const EXPIRY_WARNING_MS = 7 * DAY_MS;

/** Whether a token's end is near, or past. */
export const endsSoon = (expiresAtMs: number | null, nowMs: number): boolean =>
  expiresAtMs !== null && expiresAtMs - nowMs <= EXPIRY_WARNING_MS;

/** When the token that a principal came with ends, if that is soon; milliseconds since the epoch. */
export function expiryWarning(principal: Principal, nowMs: number): number | null {
  const expiresAtMs = principal.kind === 'user' ? (principal.token?.expiresAtMs ?? null) : null;
  return endsSoon(expiresAtMs, nowMs) ? expiresAtMs : null;
}
