import { ClientError } from './client-error';
import { type Caller, requestJson } from './http';
import { mapOf, textOf, unexpected } from './json-answer';

/** What a hub gave to begin with, when a person shall decide at a browser. */
export interface DeviceLogin {
  /** Kept to this program. */
  deviceCode: string;
  /** For the person to compare. */
  userCode: string;
  /** Where they decide; an http or https address. */
  page: URL;
  expiresInMs: number;
  pollEveryMs: number;
}

export interface DeviceToken {
  token: string;
  handle: string;
  expiresAt: string;
}

/** What a hub asked for may not be less, so that one that says nonsense is not flooded. */
const POLL_MS_MIN = 1_000;
const POLL_MS_MAX = 60_000;
const EXPIRES_MS_MAX = 60 * 60_000;

/** Asks a hub for a sign-in that a person decides about. */
export async function startDeviceLogin(
  hub: URL,
  caller: Caller,
  wish: { name: string; scope: string },
): Promise<DeviceLogin> {
  const nobody = { ...caller, token: null };
  const answer = mapOf(await requestJson(new URL('/api/device', hub), nobody, 'POST', wish));
  const page = textOf(answer.verification_uri_complete, 'verification_uri_complete');
  // It is given to a browser: nothing but a page may be opened by it.
  if (!URL.canParse(page) || !/^https?:$/.test(new URL(page).protocol)) {
    throw unexpected('verification_uri_complete is not the address of a page');
  }
  return {
    deviceCode: textOf(answer.device_code, 'device_code'),
    userCode: textOf(answer.user_code, 'user_code'),
    page: new URL(page),
    expiresInMs: millisecondsOf(answer.expires_in, 'expires_in', POLL_MS_MIN, EXPIRES_MS_MAX),
    pollEveryMs: millisecondsOf(answer.interval, 'interval', POLL_MS_MIN, POLL_MS_MAX),
  };
}

/**
 * Asks until the person has decided, no more often than the hub says; a hub that does not answer for
 * a while is asked again. Throws `access-denied` when they said no, `unauthenticated` when they took
 * too long.
 *
 * @param wait lets so many milliseconds pass; rejects when the command is interrupted
 */
export async function waitForDecision(
  hub: URL,
  caller: Caller,
  login: DeviceLogin,
  wait: (ms: number) => Promise<void>,
): Promise<DeviceToken> {
  const nobody = { ...caller, token: null };
  const body = { device_code: login.deviceCode };
  let pollEveryMs = login.pollEveryMs;
  for (let waitedMs = 0; waitedMs <= login.expiresInMs; waitedMs += pollEveryMs) {
    await wait(pollEveryMs);
    const polled = await requestJson(new URL('/api/device/token', hub), nobody, 'POST', body).catch(
      (error: unknown) => {
        if (error instanceof ClientError && error.retryable) return null;
        throw error;
      },
    );
    if (polled === null) continue;
    const answer = mapOf(polled);
    const state = textOf(answer.state, 'state');
    if (state === 'approved') {
      return {
        token: textOf(answer.token, 'token'),
        handle: textOf(answer.handle, 'handle'),
        expiresAt: textOf(answer.expires_at, 'expires_at'),
      };
    }
    if (state === 'denied') {
      throw new ClientError('access-denied', 'The sign-in was denied in the browser.', {
        fix: 'Run the command again and approve it there.',
      });
    }
    if (state === 'expired') break;
    if (answer.interval !== undefined) {
      pollEveryMs = millisecondsOf(answer.interval, 'interval', POLL_MS_MIN, POLL_MS_MAX);
    }
  }
  throw new ClientError('unauthenticated', 'Nobody decided about the sign-in in time.', {
    fix: 'Run the command again and approve it in the browser within ten minutes.',
  });
}

/** Seconds of an answer as milliseconds, within bounds. */
function millisecondsOf(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw unexpected(`${field} is not a number`);
  }
  return Math.min(max, Math.max(min, value * 1000));
}
