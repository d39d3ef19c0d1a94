import type { Principal } from '~/server/access';
import type { AuditEntry } from '~/server/ports/audit-log';
import type { Clock } from '~/server/ports/clock';
import type { ClaimedDevice, DeviceStore } from '~/server/ports/device-store';
import type { MintedToken } from '~/server/ports/token-store';
import { type ActDeps, auditEntry } from './audit-entry';
import type { CreatedToken } from './create-token';
import { hashCode, isDeviceCode } from './device-code';

/** How much longer one shall wait who asked too soon. */
const SLOW_DOWN_MS = 5_000;

export type DeviceLoginState =
  | { state: 'pending' | 'slow-down'; pollEveryMs: number }
  | { state: 'denied' | 'expired' }
  | {
      state: 'approved';
      handle: string;
      /** Its `text` is told here only, and once. */
      token: Pick<CreatedToken, 'id' | 'text' | 'name' | 'scopes' | 'expiresAtMs'>;
    };

/**
 * Tells a program how far its sign-in is; once it is approved, makes the token and tells it, this
 * once. A code that is not known, was used or is too old is `expired`.
 */
export async function pollDeviceLogin(
  deviceCode: string,
  deps: ActDeps & {
    devices: Pick<DeviceStore, 'poll' | 'claim'>;
    mint: (kind: 'human' | 'agent') => MintedToken;
    clock: Pick<Clock, 'now' | 'uuid'>;
  },
): Promise<DeviceLoginState> {
  const { devices, mint, clock } = deps;
  // A made-up code costs no query.
  if (!isDeviceCode(deviceCode)) return { state: 'expired' };
  const hash = hashCode(deviceCode);
  const polled = await devices.poll(hash, clock.now(), SLOW_DOWN_MS);
  if (!polled) return { state: 'expired' };
  const { state, tooSoon, pollEveryMs, accountKind } = polled;
  if (state === 'denied') return { state };
  if (tooSoon) return { state: 'slow-down', pollEveryMs };
  if (state === 'pending' || accountKind === null) return { state: 'pending', pollEveryMs };
  const { text, hash: tokenHash } = mint(accountKind);
  const id = clock.uuid();
  const auditOf = (claimed: ClaimedDevice): AuditEntry =>
    auditEntry(deciderOf(claimed, accountKind), deps, {
      action: 'token.create',
      subject: { kind: 'token', id, name: claimed.name },
      detail: { scopes: claimed.scopes, repositories: claimed.repoIds, for: 'device' },
    });
  const granted = await devices.claim(hash, { id, hash: tokenHash }, clock.now(), auditOf);
  if (!granted) return { state: 'denied' };
  const { handle, name, scopes, expiresAtMs } = granted;
  return { state: 'approved', handle, token: { id, text, name, scopes, expiresAtMs } };
}

/** Who approved, as the log knows them. */
function deciderOf(claimed: ClaimedDevice, accountKind: 'human' | 'agent'): Principal {
  const { userId, handle, sessionId, tokenId } = claimed;
  const narrow = { scopes: [], repoIds: null, branchPattern: null, expiresAtMs: null };
  const token = tokenId === null ? null : { id: tokenId, ...narrow };
  return { kind: 'user', userId, handle, accountKind, role: 'user', token, sessionId };
}
