/**
 * Text from a server, a repository or a file name on its way to a terminal. Control characters could
 * move the cursor, rename the window or fake output; marks of direction could make text read as
 * something else. They are shown as escapes instead.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const HALF_SURROGATE = /\p{Surrogate}/gu;

/** One line of text that is safe to print; ends of lines become `\n`. */
export function forTerminal(text: string): string {
  return text.replace(UNSAFE, escaped).replace(HALF_SURROGATE, '\ufffd');
}

function escaped(unit: string): string {
  if (unit === '\n') return '\\n';
  if (unit === '\t') return '\\t';
  const code = unit.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** JSON in one line whose bytes are safe to print too; it still means the same. */
export function jsonForTerminal(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes for people: `999 B`, `1.5 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/**
 * A whole number for people: `12,345`. Not by `toLocaleString`, whose first call reads the tables
 * of all languages, which takes longer than a small push.
 */
export function numberText(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 commit`, `2 commits`, `12,345 objects`. */
export function countText(count: number, noun: string): string {
  const plural = noun.endsWith('branch') ? `${noun}es` : `${noun}s`;
  return `${numberText(count)} ${count === 1 ? noun : plural}`;
}

/** The first digits of an id, enough for people. */
export function shortId(id: string | null): string {
  return id === null ? '(none)' : id.slice(0, 12);
}
