import { type Id, type IdFormat, parseId } from '~/muse/ids';
import { isViolation, type Violation, violation } from './errors';
import type { BodyForm } from './fetch-answer';
import type { Limits } from './limits';
import { decodeValue, setOwn } from './msgpack-reader';
import { encodeValue } from './msgpack-writer';
import { checkWholeValue } from './whole-value';

/** Small bodies, in msgpack or JSON: how they are read field by field, and written. */

/** A small answer in the form that was asked for. */
export function encodeBody(form: BodyForm, fields: Record<string, unknown>): Uint8Array {
  return form === 'msgpack' ? encodeValue(fields) : Buffer.from(JSON.stringify(fields));
}

/** A small body as a map, checked by the rules for frames, and at most `bytesMax` bytes long. */
export function readBody(
  body: Uint8Array,
  form: BodyForm,
  limits: Limits,
  bytesMax: number,
): BodyReader | Violation {
  const value = form === 'msgpack' ? readMsgpack(body, limits, bytesMax) : readJson(body, bytesMax);
  if (isViolation(value)) return value;
  if (isObject(value.value)) return new BodyReader(value.value);
  return violation('bad-frame', {}, 'The body must be a map.');
}

function readMsgpack(
  body: Uint8Array,
  limits: Limits,
  bytesMax: number,
): { value: unknown } | Violation {
  return checkWholeValue(body, limits, bytesMax) ?? { value: decodeValue(body) };
}

function readJson(body: Uint8Array, bytesMax: number): { value: unknown } | Violation {
  if (body.length > bytesMax) {
    const detail = { limit: 'body_max_bytes', max: bytesMax };
    return violation('limit-exceeded', detail, `A body may have at most ${bytesMax} bytes.`);
  }
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) };
  } catch (error) {
    // What V8 says quotes the body; where it broke is not worth more than that it did.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return violation('bad-frame', {}, 'The body is not JSON in UTF-8.');
    }
    throw error;
  }
}

/** Whether a value is a map. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of a body and keeps the first thing that is wrong. */
export class BodyReader {
  problem: Violation | null = null;
  /** The form of the ids that were read; null while there was none. */
  idFormat: IdFormat | null = null;

  constructor(readonly fields: Record<string, unknown>) {}

  ids(field: string, max: number, limit: string, required: boolean): Id[] {
    const list = this.fields[field];
    if (list == null && !required) return [];
    if (!Array.isArray(list)) return this.fail(field, 'be a list of ids', []);
    if (list.length > max) {
      const message = `${field} must have at most ${max} ids.`;
      this.problem ??= violation('limit-exceeded', { field, limit, max }, message);
      return [];
    }
    return list.map((text) => this.parseId(field, text));
  }

  id(field: string): Id {
    return this.parseId(field, this.fields[field]);
  }

  heads(field: string): Record<string, Id> {
    const heads: Record<string, Id> = {};
    for (const [name, text] of this.entries(field)) setOwn(heads, name, this.parseId(field, text));
    return heads;
  }

  numbers(field: string): Record<string, number> {
    const numbers: Record<string, number> = {};
    for (const [name, value] of this.entries(field)) {
      if (typeof value === 'number') setOwn(numbers, name, value);
      else this.fail(field, 'be a map of numbers', 0);
    }
    return numbers;
  }

  text(field: string): string {
    const value = this.fields[field];
    return typeof value === 'string' ? value : this.fail(field, 'be a text', '');
  }

  texts(field: string): string[] {
    const value = this.fields[field];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.fail(field, 'be a list of texts', []);
  }

  bool(field: string): boolean {
    const value = this.fields[field];
    return typeof value === 'boolean' ? value : this.fail(field, 'be true or false', false);
  }

  depth(): number | null {
    const depth = this.fields.depth;
    if (depth == null) return null;
    if (Number.isSafeInteger(depth) && (depth as number) >= 1) return depth as number;
    return this.fail('depth', 'be an integer from 1', null);
  }

  idFormatField(field: string): IdFormat | null {
    const value = this.fields[field];
    if (value == null || value === 'bare' || value === 'prefixed') return value ?? null;
    return this.fail(field, 'be bare, prefixed or nil', null);
  }

  private entries(field: string): [string, unknown][] {
    const value = this.fields[field];
    return isObject(value) ? Object.entries(value) : this.fail(field, 'be a map', []);
  }

  /** An id at any place of the body, named by its field. */
  parseId(field: string, text: unknown): Id {
    const parsed = parseId(text);
    if (parsed === null) {
      return this.fail(field, 'hold ids (64 lowercase hex digits, bare or after "sha256:")', '');
    }
    this.idFormat ??= parsed.format;
    if (parsed.format !== this.idFormat) {
      const message = 'A body writes all its ids in one form (bare or after "sha256:").';
      this.problem ??= violation('id-format-mismatch', { field }, message);
    }
    return parsed.id;
  }

  private fail<T>(field: string, must: string, neutral: T): T {
    this.problem ??= violation('bad-frame', { field }, `${field} must ${must}.`);
    return neutral;
  }
}
