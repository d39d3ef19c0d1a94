import { TIME_MAX_MS, TIME_MIN_MS } from '~/muse/commit-order';

/**
 * What PostgreSQL can hold of values that came from outside: text without NUL, whole code points,
 * times of its calendar. The exact bytes of what was pushed are stored beside it; these are the
 * columns that pages search and show.
 */

/** NUL, and half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;
const REPLACEMENT = '\uFFFD';

export function storableText(text: string, charactersMax?: number): string {
  const cut = charactersMax === undefined ? text : text.slice(0, charactersMax);
  return cut.replace(UNSTORABLE, REPLACEMENT);
}

/** JSON that a `jsonb` column takes; big integers become numbers. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'string') return storableText(item);
    if (typeof item === 'bigint') return Number(item);
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, of]) => [storableText(key), of]));
  });
}

/** A time as milliseconds since the epoch; null when there is none or the calendar ends before. */
export function storableTime(atMs: number | null): number | null {
  return atMs !== null && atMs >= TIME_MIN_MS && atMs <= TIME_MAX_MS ? Math.trunc(atMs) : null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text from outside can be asked for in a `uuid` column. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
