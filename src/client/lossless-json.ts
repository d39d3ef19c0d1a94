/**
 * JSON text as a value that forgets nothing Python's `json` module would write back: whole numbers
 * and floating-point numbers stay apart (`1` is not `1.0`), keys keep their order, text its code
 * points. Records are hashed and kept verbatim by the hub, so a round trip through plain
 * JavaScript values, where `1.0` becomes `1` and a key `"7"` moves to the front, would damage them.
 */
export type Json = null | boolean | number | string | JsonFloat | Json[] | JsonMap;
export type JsonMap = Map<string, Json>;

/** A floating-point number; plain numbers in a `Json` value are whole. */
export class JsonFloat {
  constructor(readonly value: number) {}
}

/** Levels of nesting that are followed; records of the protocol stay below it. */
const DEPTH_MAX = 64;

/** Text that is not JSON as the records of a repository have it. */
export class JsonProblem extends Error {
  /** Where in the value: keys and positions, `structured_delta.ops[3].address`. */
  readonly key: string;

  constructor(reason: string, key: string, file: string) {
    super(`${file}: ${key === '' ? '' : `at ${key}: `}${reason}`);
    this.name = 'JsonProblem';
    this.key = key;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const NOT_FINITE = /NaN|-?Infinity/y;
/** A surrogate without its other half; with the `u` flag whole pairs do not match. */
export const HALF_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Parses JSON text without loss.
 *
 * @param file name for messages
 * @throws JsonProblem for anything that would not come back as it was: a duplicate key, NaN or an
 *   infinity, a whole number beyond ±(2^53-1), half a surrogate pair, more than 64 levels
 */
export function parseJson(text: string, file: string): Json {
  let at = 0;
  const where: (string | number)[] = [];

  const fail = (reason: string): never => {
    throw new JsonProblem(reason, writeKey(where), file);
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const unexpected = (): never =>
    fail(
      at >= text.length
        ? 'the text ends too early'
        : `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))} at offset ${at}`,
    );

  const readText = (): string => {
    at++;
    let out = '';
    for (;;) {
      out += match(PLAIN_TEXT)![0];
      const stop = text[at];
      if (stop === '"') {
        at++;
        break;
      }
      if (stop !== '\\') unexpected();
      const letter = text[at + 1] ?? '';
      if (letter === 'u') {
        const hex = text.slice(at + 2, at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) fail(`bad escape at offset ${at}`);
        out += String.fromCharCode(Number.parseInt(hex, 16));
        at += 6;
      } else {
        const plain = ESCAPES[letter];
        if (plain === undefined) fail(`bad escape at offset ${at}`);
        out += plain;
        at += 2;
      }
    }
    if (HALF_SURROGATE.test(out)) fail('text with half a surrogate pair cannot be kept');
    return out;
  };

  const readNumber = (): number | JsonFloat => {
    const found = match(NUMBER);
    if (found === null) {
      const special = match(NOT_FINITE);
      if (special !== null) fail(`${special[0]} cannot be kept`);
      return unexpected();
    }
    const value = Number(found[0]);
    if (found[1] === undefined && found[2] === undefined) {
      if (!Number.isSafeInteger(value)) fail(`the number ${found[0]} is beyond ±(2^53-1)`);
      return value === 0 ? 0 : value;
    }
    if (!Number.isFinite(value)) fail(`the number ${found[0]} is not finite`);
    return new JsonFloat(value);
  };

  const readList = (): Json[] => {
    at++;
    const list: Json[] = [];
    match(SPACE);
    if (text[at] === ']') {
      at++;
      return list;
    }
    for (;;) {
      where.push(list.length);
      list.push(readValue());
      where.pop();
      match(SPACE);
      const stop = text[at];
      if (stop !== ',' && stop !== ']') unexpected();
      at++;
      if (stop === ']') return list;
    }
  };

  const readMap = (): JsonMap => {
    at++;
    const map: JsonMap = new Map();
    match(SPACE);
    if (text[at] === '}') {
      at++;
      return map;
    }
    for (;;) {
      match(SPACE);
      if (text[at] !== '"') unexpected();
      const key = readText();
      where.push(key);
      if (map.has(key)) fail('the key is there twice');
      match(SPACE);
      if (text[at] !== ':') unexpected();
      at++;
      map.set(key, readValue());
      where.pop();
      match(SPACE);
      const stop = text[at];
      if (stop !== ',' && stop !== '}') unexpected();
      at++;
      if (stop === '}') return map;
    }
  };

  const word = (text_: string, value: null | boolean): null | boolean => {
    if (!text.startsWith(text_, at)) unexpected();
    at += text_.length;
    return value;
  };

  const readValue = (): Json => {
    if (where.length > DEPTH_MAX) fail(`more than ${DEPTH_MAX} levels of nesting`);
    match(SPACE);
    switch (text[at]) {
      case '{':
        return readMap();
      case '[':
        return readList();
      case '"':
        return readText();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return readNumber();
    }
  };

  const value = readValue();
  match(SPACE);
  if (at < text.length) unexpected();
  return value;
}

function writeKey(where: (string | number)[]): string {
  let out = '';
  for (const step of where) {
    if (typeof step === 'number') out += `[${step}]`;
    else out += (out === '' ? '' : '.') + (/^[\w-]+$/.test(step) ? step : writeText(step));
  }
  return out;
}

const NOT_ASCII = /[\u007f-\uffff]/g;
const HAS_NOT_ASCII = /[\u007f-\uffff]/;

/** JSON text of a string in ASCII, escaped as Python's `json.dumps` does by default. */
export function writeText(text: string): string {
  const quoted = JSON.stringify(text);
  if (!HAS_NOT_ASCII.test(quoted)) return quoted;
  return quoted.replace(
    NOT_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Writes a floating-point number as Python's `repr`: the shortest digits that read back equal,
 * `1.0`, `1e-07`, `1e+16`.
 */
export function writeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  // Between these exponents JavaScript writes the same digits; only ".0" is missing at times.
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** Writes a value as Python's `json.dumps(value, indent=2)`, without an end of line. */
export function writeJson(value: Json): string {
  const out: string[] = [];
  const write = (item: Json, indent: string): void => {
    if (item === null) out.push('null');
    else if (typeof item === 'string') out.push(writeText(item));
    else if (typeof item === 'number') out.push(writeInt(item));
    else if (typeof item === 'boolean') out.push(item ? 'true' : 'false');
    else if (item instanceof JsonFloat) out.push(writeFloat(item.value));
    else if (Array.isArray(item)) {
      if (item.length === 0) {
        out.push('[]');
        return;
      }
      const inner = `${indent}  `;
      let before = `[\n${inner}`;
      for (const each of item) {
        out.push(before);
        write(each, inner);
        before = `,\n${inner}`;
      }
      out.push(`\n${indent}]`);
    } else {
      if (item.size === 0) {
        out.push('{}');
        return;
      }
      const inner = `${indent}  `;
      let before = `{\n${inner}`;
      for (const [key, each] of item) {
        out.push(before, writeText(key), ': ');
        write(each, inner);
        before = `,\n${inner}`;
      }
      out.push(`\n${indent}}`);
    }
  };
  write(value, '');
  return out.join('');
}

function writeInt(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`);
  return String(value);
}
