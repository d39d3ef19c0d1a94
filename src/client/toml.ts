/**
 * The part of TOML that the public CLI writes into `.muse/config.toml` and `~/.muse/identity.toml`:
 * tables with dotted keys, and strings, booleans, whole numbers and lists. Places in the text are
 * kept, so that a value can be changed without touching any other line of the file.
 */
export type TomlValue = string | number | boolean | TomlValue[];

export interface TomlPair {
  key: string;
  value: TomlValue;
  /** Offsets of the whole line (or lines) of the pair, with its end of line. */
  start: number;
  end: number;
}

export interface TomlTable {
  /** `['remotes', 'origin']` for `[remotes.origin]`; empty for what comes before any header. */
  name: string[];
  pairs: TomlPair[];
  /** Offsets from the header's line up to the next header. */
  start: number;
  end: number;
  /** Offset after the last line that belongs to a pair or the header. */
  bodyEnd: number;
}

/** A file that is not TOML, or uses a part of it that is not read here. */
export class TomlProblem extends Error {
  readonly line: number;

  constructor(reason: string, line: number) {
    super(`line ${line}: ${reason}`);
    this.name = 'TomlProblem';
    this.line = line;
  }
}

const BARE_KEY = /[A-Za-z0-9_-]+/y;
const SPACE = /[ \t]*/y;
const SPACE_AND_LINES = /(?:[ \t\r\n]|#[^\n]*)*/y;
const REST = /[ \t]*(?:#[^\n]*?)?\r?(?:\n|$)/y;
const WORD = /true|false|[+-]?(?:0|[1-9][0-9]*)(?![\w.:+-])/y;
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Parses a file.
 *
 * @throws TomlProblem with the number of the line; never with its text, which may be a secret
 */
export function parseToml(text: string): TomlTable[] {
  let at = 0;
  const fail = (reason: string): never => {
    throw new TomlProblem(reason, text.slice(0, at).split('\n').length);
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at = pattern.lastIndex;
    return found[0];
  };

  const readString = (): string => {
    const quote = text[at]!;
    if (text.startsWith(quote.repeat(3), at)) fail('text over several lines is not read here');
    at++;
    let out = '';
    for (;;) {
      const unit = text[at];
      if (unit === undefined || unit === '\n') return fail('a text without its closing quote');
      at++;
      if (unit === quote) return out;
      if (unit !== '\\' || quote === "'") {
        out += unit;
        continue;
      }
      const letter = text[at++] ?? '';
      if (letter === 'u' || letter === 'U') {
        const hex = text.slice(at, at + (letter === 'u' ? 4 : 8));
        const point = /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : -1;
        if (point < 0 || point > 0x10ffff) fail('a bad escape');
        out += String.fromCodePoint(point);
        at += hex.length;
      } else {
        const plain = ESCAPES[letter];
        if (plain === undefined) fail('a bad escape');
        out += plain;
      }
    }
  };

  const readKey = (): string[] => {
    const parts: string[] = [];
    for (;;) {
      match(SPACE);
      if (text[at] === '"' || text[at] === "'") parts.push(readString());
      else parts.push(match(BARE_KEY) ?? fail('a key was expected'));
      match(SPACE);
      if (text[at] !== '.') return parts;
      at++;
    }
  };

  const readValue = (): TomlValue => {
    const first = text[at];
    if (first === '"' || first === "'") return readString();
    if (first === '[') {
      at++;
      const list: TomlValue[] = [];
      for (;;) {
        match(SPACE_AND_LINES);
        if (text[at] === ']') {
          at++;
          return list;
        }
        list.push(readValue());
        match(SPACE_AND_LINES);
        if (text[at] === ',') at++;
        else if (text[at] !== ']') fail('a list without its closing bracket');
      }
    }
    const word = match(WORD) ?? fail('a value that is not read here');
    return word === 'true' ? true : word === 'false' ? false : Number(word);
  };

  let table: TomlTable = { name: [], pairs: [], start: 0, end: 0, bodyEnd: 0 };
  const tables = [table];
  while (at < text.length) {
    const start = at;
    if (match(REST) !== null) {
      if (at === start) break;
      continue;
    }
    match(SPACE);
    if (text[at] === '[') {
      at++;
      const list = text[at] === '[';
      if (list) at++;
      const name = readKey();
      if (!text.startsWith(list ? ']]' : ']', at)) fail('a header without its closing bracket');
      at += list ? 2 : 1;
      table.end = start;
      table = { name, pairs: [], start, end: 0, bodyEnd: 0 };
      tables.push(table);
    } else {
      const key = readKey();
      if (text[at] !== '=') fail('"=" was expected');
      at++;
      match(SPACE);
      table.pairs.push({ key: key.join('.'), value: readValue(), start, end: 0 });
    }
    if (match(REST) === null) fail('something follows the value');
    table.bodyEnd = at;
    const pair = table.pairs.at(-1);
    if (pair !== undefined && pair.start === start) pair.end = at;
  }
  table.end = text.length;
  return tables;
}

/** The table of a name, null when there is none. */
export function findTable(tables: TomlTable[], name: string[]): TomlTable | null {
  return (
    tables.find((t) => t.name.length === name.length && t.name.every((p, i) => p === name[i])) ??
    null
  );
}

/** The text under a key of a table; null when it is absent or not text. */
export function textOf(table: TomlTable | null, key: string): string | null {
  const value = table?.pairs.find((pair) => pair.key === key)?.value;
  return typeof value === 'string' ? value : null;
}

/** Writes a value in one line. */
export function writeTomlValue(value: TomlValue): string {
  if (Array.isArray(value)) return `[${value.map(writeTomlValue).join(', ')}]`;
  // JSON's escapes are TOML's; U+007F must be escaped in TOML and is not by JSON.
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007f', '\\u007F');
  return String(value);
}

/** Writes the name of a table, parts that are not plain words in quotes. */
export function writeTomlName(name: string[], quoteAlways = false): string {
  return name
    .map((part) => (!quoteAlways && /^[A-Za-z0-9_-]+$/.test(part) ? part : writeTomlValue(part)))
    .join('.');
}

/**
 * Returns the text with values of one table set, or taken out where `null`; every other line stays
 * as it is. The table is added at the end when there is none.
 */
export function editTable(
  text: string,
  name: string[],
  values: Record<string, TomlValue | null>,
  quoteAlways = false,
): string {
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const table = findTable(parseToml(whole), name);
  const lines = (entries: [string, TomlValue | null][]): string =>
    entries
      .filter(([, value]) => value !== null)
      .map(([key, value]) => `${writeTomlName([key])} = ${writeTomlValue(value!)}\n`)
      .join('');
  if (table === null) {
    const gap = whole === '' || whole.endsWith('\n\n') ? '' : '\n';
    return `${whole}${gap}[${writeTomlName(name, quoteAlways)}]\n${lines(Object.entries(values))}`;
  }
  const present = new Set(table.pairs.map((pair) => pair.key));
  const changes = table.pairs
    .filter((pair) => Object.hasOwn(values, pair.key))
    .map((pair) => ({
      start: pair.start,
      end: pair.end,
      text: lines([[pair.key, values[pair.key] ?? null]]),
    }));
  const added = lines(Object.entries(values).filter(([key]) => !present.has(key)));
  changes.push({ start: table.bodyEnd, end: table.bodyEnd, text: added });
  let out = whole;
  for (const change of changes.reverse()) {
    out = out.slice(0, change.start) + change.text + out.slice(change.end);
  }
  return out;
}

/** Returns the text without a table, header and all. */
export function removeTable(text: string, name: string[]): string {
  const table = findTable(parseToml(text), name);
  return table === null ? text : text.slice(0, table.start) + text.slice(table.end);
}
