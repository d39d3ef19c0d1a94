import type { Principal, Scope } from '~/server/access';
import type { DeviceStore, OpenDeviceRequest } from '~/server/ports/device-store';
import type { FailureLimit, IdentityStore } from '~/server/ports/identity-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { type CreateTokenDeps, planToken } from './create-token';
import { hashCode, parseUserCode } from './device-code';
import { expectAccountAdmin, type User } from './expect-account-admin';

/** Wrong codes of one account; then none is looked up for it until the time is over. */
const codesOf = (userId: string): FailureLimit => ({
  ...{ key: `device codes ${userId}`, max: 10, windowMs: 60_000 },
});

export interface DeviceDecisionDeps extends ActDeps, Omit<CreateTokenDeps, 'mint' | 'identities'> {
  identities: Pick<IdentityStore, 'findRepository' | 'heardAgainAt' | 'countFailure'>;
  devices: Pick<DeviceStore, 'findOpen' | 'decide'>;
}

type Deps = DeviceDecisionDeps;

/** What the person may change of the token that a program gets. */
export interface WantedGrant {
  name: string;
  scope: Scope;
  repositories: string[] | null;
  days: number | null;
}

/**
 * The program that a typed code means, for the one who is to decide.
 *
 * Throws `Refusal`: as `expectAccountAdmin`; `object-not-found` for a code that no program waits
 * with; `rate-limited` after ten of those in a minute.
 */
export async function showDeviceLogin(
  principal: Principal,
  typed: string,
  deps: Pick<Deps, 'clock' | 'devices'> & {
    identities: Pick<IdentityStore, 'heardAgainAt' | 'countFailure'>;
  },
): Promise<OpenDeviceRequest & { code: string }> {
  return findRequest(expectAccountAdmin(principal), typed, deps);
}

/**
 * Lets a program have a token of the one who decides. It is made when the program asks for it, if
 * the session that decided still stands then; it does no more and lives no longer than that.
 *
 * Throws `Refusal`: as `showDeviceLogin` and `createToken`.
 */
export async function approveDeviceLogin(
  principal: Principal,
  typed: string,
  wanted: WantedGrant,
  deps: Deps,
): Promise<void> {
  const user = expectAccountAdmin(principal);
  const request = await findRequest(user, typed, deps);
  const { scope, ...rest } = wanted;
  const planned = await planToken(user, { ...rest, scopes: [scope], branchPattern: null }, deps);
  await decide(user, request, deps, {
    userId: user.userId,
    sessionId: user.sessionId,
    tokenId: user.token?.id ?? null,
    name: planned.name,
    scopes: planned.scopes,
    repoIds: planned.named?.map(({ id }) => id) ?? null,
    expiresAtMs: planned.expiresAtMs,
  });
}

/** Tells a program no. Throws `Refusal` as `showDeviceLogin`. */
export async function denyDeviceLogin(
  principal: Principal,
  typed: string,
  deps: Pick<Deps, 'clock' | 'devices' | 'identities' | 'use'>,
): Promise<void> {
  const user = expectAccountAdmin(principal);
  await decide(user, await findRequest(user, typed, deps), deps, 'denied');
}

async function decide(
  user: User,
  request: OpenDeviceRequest,
  deps: Pick<Deps, 'clock' | 'devices' | 'use'>,
  decision: Parameters<DeviceStore['decide']>[1],
): Promise<void> {
  const { address, client } = request;
  const granted = decision === 'denied' ? {} : { name: decision.name, scopes: decision.scopes };
  const audit = auditEntry(user, deps, {
    action: decision === 'denied' ? 'device.deny' : 'device.approve',
    subject: { kind: 'device', id: request.id, name: request.name },
    detail: { address, client, ...granted },
  });
  if (!(await deps.devices.decide(request.id, decision, deps.clock.now(), audit))) {
    throw notWaiting();
  }
}

async function findRequest(
  user: User,
  typed: string,
  deps: Parameters<typeof showDeviceLogin>[2],
): Promise<OpenDeviceRequest & { code: string }> {
  const { identities, devices, clock } = deps;
  const code = parseUserCode(typed);
  if (code === null) throw notWaiting();
  const nowMs = clock.now();
  const limit = codesOf(user.userId);
  const [request, heardAgainAtMs] = await Promise.all([
    devices.findOpen(hashCode(code), nowMs),
    identities.heardAgainAt(limit, nowMs),
  ]);
  if (heardAgainAtMs !== null) throw tooMany(heardAgainAtMs, nowMs);
  if (request) return { ...request, code };
  await identities.countFailure(limit, nowMs);
  throw notWaiting();
}

const notWaiting = (): Refusal =>
  new Refusal(
    'object-not-found',
    {},
    'No program waits with this code: it was mistyped, used already, or is older than ten minutes.',
  );

function tooMany(heardAgainAtMs: number, nowMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil((heardAgainAtMs - nowMs) / 1000));
  const message = `Too many wrong codes; wait ${seconds} seconds and try again.`;
  return new Refusal('rate-limited', { retry_after_s: seconds }, message);
}
