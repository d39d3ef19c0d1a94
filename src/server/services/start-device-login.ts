import type { Scope } from '~/server/access';
import type { Clock } from '~/server/ports/clock';
import type { DeviceStore } from '~/server/ports/device-store';
import { Refusal } from '~/wire/errors';
import { hashCode, newDeviceCode, newUserCode } from './device-code';

/** How long a person has to decide. */
export const DEVICE_LOGIN_MS = 10 * 60_000;
/** How often a program may ask whether they did. */
export const DEVICE_POLL_MS = 3_000;
/** Requests of one network that may be open at a time. */
export const DEVICE_OPEN_MAX = 20;
const NAME_MAX_CHARS = 100;

export interface DeviceAsker {
  /** Where the request comes from. */
  address: string;
  /** The same, or the network of an IPv6 address. */
  network: string;
  /** The program, as it names itself. */
  client: string;
  /** What it would call its token; the person may choose otherwise. */
  name: string | null;
  scope: Scope | null;
}

export interface StartedDeviceLogin {
  /** To be kept secret by the program. */
  deviceCode: string;
  /** To be shown to the person. */
  userCode: string;
  expiresAtMs: number;
  pollEveryMs: number;
}

/**
 * Begins to sign a program in: a person decides about it at a browser (docs/protocol.md §4).
 *
 * Throws `Refusal` `rate-limited` when too many requests from there wait for a decision.
 */
export async function startDeviceLogin(
  asker: DeviceAsker,
  {
    devices,
    clock,
  }: { devices: Pick<DeviceStore, 'openRequest'>; clock: Pick<Clock, 'now' | 'uuid'> },
): Promise<StartedDeviceLogin> {
  const nowMs = clock.now();
  const started = {
    deviceCode: newDeviceCode(),
    userCode: newUserCode(),
    expiresAtMs: nowMs + DEVICE_LOGIN_MS,
    pollEveryMs: DEVICE_POLL_MS,
  };
  const { expiresAtMs, pollEveryMs } = started;
  const opened = await devices.openRequest(
    {
      ...{ id: clock.uuid(), createdAtMs: nowMs, expiresAtMs, pollEveryMs },
      ...{ deviceHash: hashCode(started.deviceCode), codeHash: hashCode(started.userCode) },
      ...{ address: asker.address, network: asker.network, client: asker.client },
      name: proposedName(asker),
      scope: asker.scope ?? 'write',
    },
    DEVICE_OPEN_MAX,
  );
  if (opened) return started;
  const message = `${DEVICE_OPEN_MAX} sign-ins from your address wait for a decision; try again in some minutes.`;
  throw new Refusal('rate-limited', { retry_after_s: DEVICE_LOGIN_MS / 1000 }, message);
}

/** A name that a token can have. */
function proposedName({ name, client }: DeviceAsker): string {
  const plain = (text: string) =>
    text
      .replace(/\p{Control}/gu, '')
      .trim()
      .slice(0, NAME_MAX_CHARS);
  return plain(name ?? '') || plain(client) || 'command line';
}
