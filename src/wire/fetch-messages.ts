import { formatId, type Id, type IdFormat, parseId } from '~/muse/ids';
import { isViolation, type Violation, violation } from './errors';
import type { BodyForm } from './fetch-answer';
import { DEFAULT_LIMITS, type Limits, NEGOTIATE_MAX_IDS } from './limits';
import { decodeValue, setOwn } from './msgpack-reader';
import { encodeValue } from './msgpack-writer';
import { headFields } from './reply-codec';
import { checkWholeValue } from './whole-value';

/**
 * The bodies of the fetch side (docs/protocol.md §4), requests and the small answers, in msgpack or
 * JSON. A msgpack body is checked by the rules for frames before it is decoded.
 */

/** What a peer wants and has. */
export interface FetchRequest {
  want: Id[];
  have: Id[];
  /** Generations to send, from the wanted commits; null for all. */
  depth: number | null;
}

/** What `GET refs` tells. */
export interface Refs {
  repoId: string;
  domain: string;
  defaultBranch: string;
  branchHeads: Record<string, Id>;
  /** null: nothing was pushed yet, so the first push decides. */
  idFormat: IdFormat | null;
  capabilities: string[];
  limits: Record<string, number>;
}

/** The answer to one round of negotiation. */
export interface NegotiateAnswer {
  ack: Id[];
  commonBase: Id | null;
  ready: boolean;
}

/** Bytes that an answer of `refs` or `negotiate` may have for a client to read it. */
export const SMALL_ANSWER_BYTES_MAX = 32 * 1024 ** 2;

/** Bytes that the body of any fetch request may have: `want` and `have` full, in the longest form. */
export function fetchBodyBytesMax(limits: Limits): number {
  return 2 * limits.maxFetchIds * ID_BYTES_IN_BODY + 4096;
}

/** The body of `fetch` and `fetch/stream`. */
export function parseFetchRequest(
  body: Uint8Array,
  form: BodyForm,
  limits: Limits,
): FetchRequest | Violation {
  const reader = readBody(body, form, limits);
  if (isViolation(reader)) return reader;
  const max = limits.maxFetchIds;
  const want = reader.ids('want', max, 'fetch_max_ids', true);
  const have = reader.ids('have', max, 'fetch_max_ids', false);
  const depth = reader.depth();
  return reader.problem ?? { want, have, depth };
}

/** The body of `fetch/objects`. */
export function parseObjectsRequest(
  body: Uint8Array,
  form: BodyForm,
  limits: Limits,
): { objectIds: Id[] } | Violation {
  const reader = readBody(body, form, limits);
  if (isViolation(reader)) return reader;
  const objectIds = reader.ids('object_ids', limits.maxFetchIds, 'fetch_max_ids', true);
  return reader.problem ?? { objectIds };
}

/** The body of `negotiate`. */
export function parseNegotiateRequest(
  body: Uint8Array,
  form: BodyForm,
  limits: Limits,
): { want: Id[]; have: Id[] } | Violation {
  const reader = readBody(body, form, limits);
  if (isViolation(reader)) return reader;
  const want = reader.ids('want', NEGOTIATE_MAX_IDS, 'negotiate_max_ids', true);
  const have = reader.ids('have', NEGOTIATE_MAX_IDS, 'negotiate_max_ids', true);
  return reader.problem ?? { want, have };
}

/** A `fetch` request as msgpack. */
export function encodeFetchRequest(request: FetchRequest, idFormat: IdFormat): Uint8Array {
  const { want, have, depth } = request;
  return encodeValue({
    want: want.map((id) => formatId(id, idFormat)),
    have: have.map((id) => formatId(id, idFormat)),
    depth: depth ?? undefined,
  });
}

/** A `fetch/objects` request as msgpack. */
export function encodeObjectsRequest(objectIds: Id[], idFormat: IdFormat): Uint8Array {
  return encodeValue({ object_ids: objectIds.map((id) => formatId(id, idFormat)) });
}

/** A `negotiate` request as msgpack. */
export function encodeNegotiateRequest(
  { want, have }: { want: Id[]; have: Id[] },
  idFormat: IdFormat,
): Uint8Array {
  return encodeFetchRequest({ want, have, depth: null }, idFormat);
}

/** The answer of `refs`; ids have the repository's form, bare when it has none yet. */
export function encodeRefs(refs: Refs, form: BodyForm): Uint8Array {
  return encodeBody(form, {
    repo_id: refs.repoId,
    domain: refs.domain,
    default_branch: refs.defaultBranch,
    branch_heads: headFields(refs.branchHeads, refs.idFormat ?? 'bare'),
    id_format: refs.idFormat,
    capabilities: refs.capabilities,
    limits: refs.limits,
  });
}

/** The answer of `negotiate`. */
export function encodeNegotiateAnswer(
  { ack, commonBase, ready }: NegotiateAnswer,
  idFormat: IdFormat,
  form: BodyForm,
): Uint8Array {
  return encodeBody(form, {
    ack: ack.map((id) => formatId(id, idFormat)),
    common_base: commonBase === null ? null : formatId(commonBase, idFormat),
    ready,
  });
}

/** Reads an answer of `refs`. */
export function decodeRefs(body: Uint8Array, form: BodyForm): Refs | Violation {
  const reader = readBody(body, form, DEFAULT_LIMITS, SMALL_ANSWER_BYTES_MAX);
  if (isViolation(reader)) return reader;
  const refs: Refs = {
    repoId: reader.text('repo_id'),
    domain: reader.text('domain'),
    defaultBranch: reader.text('default_branch'),
    branchHeads: reader.heads('branch_heads'),
    idFormat: reader.idFormatField('id_format'),
    capabilities: reader.texts('capabilities'),
    limits: reader.numbers('limits'),
  };
  return reader.problem ?? refs;
}

/** Reads an answer of `negotiate`. */
export function decodeNegotiateAnswer(
  body: Uint8Array,
  form: BodyForm,
): NegotiateAnswer | Violation {
  const reader = readBody(body, form, DEFAULT_LIMITS, SMALL_ANSWER_BYTES_MAX);
  if (isViolation(reader)) return reader;
  const ack = reader.ids('ack', NEGOTIATE_MAX_IDS, 'negotiate_max_ids', true);
  const commonBase = reader.fields.common_base == null ? null : reader.id('common_base');
  const ready = reader.bool('ready');
  return reader.problem ?? { ack, commonBase, ready };
}

/** An id of 71 characters with quotes and comma, or with its msgpack header. */
const ID_BYTES_IN_BODY = 74;

function encodeBody(form: BodyForm, fields: Record<string, unknown>): Uint8Array {
  return form === 'msgpack' ? encodeValue(fields) : Buffer.from(JSON.stringify(fields));
}

function readBody(
  body: Uint8Array,
  form: BodyForm,
  limits: Limits,
  bytesMax = fetchBodyBytesMax(limits),
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of a body and keeps the first thing that is wrong. */
class BodyReader {
  problem: Violation | null = null;
  private idFormat: IdFormat | null = null;

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

  private parseId(field: string, text: unknown): Id {
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
