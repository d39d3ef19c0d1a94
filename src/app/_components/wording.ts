/** Numbers, sizes and times as pages say them; in English and UTC, the same on every machine. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const wholeNumber = new Intl.NumberFormat('en-US');

export const count = (n: number): string => wholeNumber.format(n);

/** `1 commit`, `2 commits`; another plural where it is irregular. */
export const counted = (n: number, noun: string, plural = `${noun}s`): string =>
  `${count(n)} ${n === 1 ? noun : plural}`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < MINUTE) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / MINUTE);
  return minutes < 60
    ? `${minutes} min ${Math.round((ms % MINUTE) / 1000)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `3:07` */
export function playingTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${count(Math.floor(whole / 60))}:${String(whole % 60).padStart(2, '0')}`;
}

/** `just now`, `5 minutes ago`, `65 days ago`, `in 3 days`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const away = Math.abs(nowMs - atMs);
  const said = (n: number, unit: string) => {
    const amount = counted(Math.floor(n), unit);
    return atMs > nowMs ? `in ${amount}` : `${amount} ago`;
  };
  if (away < MINUTE) return 'just now';
  if (away < HOUR) return said(away / MINUTE, 'minute');
  if (away < DAY) return said(away / HOUR, 'hour');
  if (away < YEAR) return said(away / DAY, 'day');
  return said(away / YEAR, 'year');
}

const date = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' });

/** `Apr 16, 2026` */
export const shortDate = (atMs: number): string => date.format(atMs);

/** `Apr 16, 2026, 12:00:00 UTC` */
export const absoluteTime = (atMs: number): string =>
  `${date.format(atMs)}, ${clock.format(atMs)} UTC`;

/** An id in full is 71 characters; in lists its beginning is enough to tell it from its neighbours. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 10);
