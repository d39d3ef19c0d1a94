import net from 'node:net';
import type { FailureLimit } from '~/server/ports/identity-store';
import { Refusal } from '~/wire/errors';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Failed authentications from one address; then nobody there is heard until the minute is over. */
export const ofAddress = (address: string): FailureLimit => ({
  ...{ key: `address ${networkOf(address)}`, max: 10, windowMs: MINUTE_MS },
});

/** Failed ones for one account, from wherever; what would succeed is not held up by them. */
export const ofAccount = (userId: string): FailureLimit => ({
  ...{ key: `account ${userId}`, max: 100, windowMs: HOUR_MS },
});

/**
 * Wrong passwords for one handle, from wherever; then no password is heard until the hour is over.
 * It is counted by the handle that was typed, whether or not there is such an account.
 */
export const ofPassword = (handle: string): FailureLimit => ({
  ...{ key: `password ${handle.toLowerCase().slice(0, 60)}`, max: 100, windowMs: HOUR_MS },
});

/** Accounts that people make from one address, and the tries of it. */
export const ofJoining = (address: string): FailureLimit => ({
  ...{ key: `join ${networkOf(address)}`, max: 20, windowMs: HOUR_MS },
});

/** `rate-limited`, with the seconds to wait. */
export function tooManyFailures(heardAgainAtMs: number, nowMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil((heardAgainAtMs - nowMs) / 1000));
  const message = `Too many failed sign-ins; wait ${seconds} seconds and try again.`;
  return new Refusal('rate-limited', { retry_after_s: seconds }, message);
}

/** An IPv6 customer has 2^64 addresses: the first four groups stand for all of them. */
export function networkOf(address: string): string {
  if (!net.isIPv6(address)) return address;
  const [before = '', after] = address.split('%')[0]!.toLowerCase().split('::');
  const head = before.split(':').filter(Boolean);
  const tail = (after ?? '').split(':').filter(Boolean);
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
