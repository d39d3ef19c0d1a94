import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { encodeBody, readBody } from './body-reader';
import { isViolation, type Violation } from './errors';
import type { BodyForm } from './fetch-answer';
import { DEFAULT_LIMITS, type Limits, NEGOTIATE_MAX_IDS } from './limits';
import { encodeValue } from './msgpack-writer';
import { headFields } from './reply-codec';

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

/** An id of 71 characters with quotes and comma, or with its msgpack header. */
const ID_BYTES_IN_BODY = 74;

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
  const reader = readBody(body, form, limits, fetchBodyBytesMax(limits));
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
  const reader = readBody(body, form, limits, fetchBodyBytesMax(limits));
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
  const reader = readBody(body, form, limits, fetchBodyBytesMax(limits));
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
