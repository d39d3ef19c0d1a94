import type { Id } from './ids';

/** The years 1 to 9999, as milliseconds since the epoch: what a calendar of the database holds. */
export const TIME_MIN_MS = -62_135_596_800_000;
export const TIME_MAX_MS = 253_402_300_799_999;

/** What histories are ordered by. */
export interface Ordered {
  id: Id;
  /** Milliseconds; see `orderOf`. */
  orderMs: number;
}

/**
 * The time by which histories order a commit: its own, or a millisecond after its latest parent's
 * when its clock was behind, so that a parent never comes before its child. A time that is none, or
 * outside the calendar, counts as the epoch.
 *
 * It depends on the commit and what it reaches alone, so it is the same in every history.
 */
export function orderOf(timeMs: number | null, parentOrders: Iterable<number>): number {
  const inCalendar = timeMs !== null && timeMs >= TIME_MIN_MS && timeMs <= TIME_MAX_MS;
  let order = inCalendar ? Math.trunc(timeMs) : 0;
  for (const parentOrder of parentOrders) order = Math.max(order, parentOrder + 1);
  return order;
}

/** Newest first; equal times in the order of the ids. */
export function compareNewest(a: Ordered, b: Ordered): number {
  return b.orderMs - a.orderMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
