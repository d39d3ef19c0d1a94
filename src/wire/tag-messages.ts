import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { checkTagName } from '~/muse/tag-name';
import { encodeBody, isObject, readBody } from './body-reader';
import { isViolation, type Violation, violation } from './errors';
import type { BodyForm } from './fetch-answer';
import { type Limits, TAGS_MAX_BODY_BYTES, TAGS_PER_REQUEST } from './limits';

/** The bodies of the tags' route (docs/protocol.md §4), in msgpack or JSON. */

/** A tag as a client sends it. */
export interface WireTag {
  id: string;
  commitId: Id;
  name: string;
  /** null: the hub's own time. */
  createdAtMs: number | null;
}

/** What `POST tags` asks for. */
export interface TagsRequest {
  tags: WireTag[];
  /** The form of its ids; null when it holds none. */
  idFormat: IdFormat | null;
}

const TAG_ID = /^[\x21-\x7e]{1,100}$/;

/** Reads the body of `POST tags`. */
export function parseTagsRequest(
  body: Uint8Array,
  form: BodyForm,
  limits: Limits,
): TagsRequest | Violation {
  const reader = readBody(body, form, limits, TAGS_MAX_BODY_BYTES);
  if (isViolation(reader)) return reader;
  const list = reader.fields.tags;
  if (!Array.isArray(list)) {
    return violation('bad-frame', { field: 'tags' }, 'tags must be a list of tags.');
  }
  if (list.length > TAGS_PER_REQUEST) {
    const detail = { field: 'tags', limit: 'tags_per_request', max: TAGS_PER_REQUEST };
    const message = `A request puts at most ${TAGS_PER_REQUEST} tags; send them in several.`;
    return violation('limit-exceeded', detail, message);
  }
  const tags: WireTag[] = [];
  for (const [index, item] of list.entries()) {
    if (!isObject(item)) return badTag(index, 'it', 'is not a map');
    const { tag_id: id, tag: name, created_at: time } = item;
    if (typeof id !== 'string' || !TAG_ID.test(id)) {
      return badTag(index, 'tag_id', 'is not 1 to 100 visible ASCII characters');
    }
    const problem = typeof name === 'string' ? checkTagName(name) : 'is not a text';
    if (problem !== null) return badTag(index, 'tag', problem);
    const createdAtMs = time == null ? null : parseTime(time);
    if (Number.isNaN(createdAtMs)) return badTag(index, 'created_at', 'is not a time (ISO 8601)');
    const commitId = reader.parseId('commit_id', item.commit_id);
    tags.push({ id, name: name as string, commitId, createdAtMs });
  }
  return reader.problem ?? { tags, idFormat: reader.idFormat };
}

/** The answer of `POST tags`. */
export const encodeTagsStored = (stored: number, form: BodyForm): Uint8Array =>
  encodeBody(form, { stored });

/** The answer of `GET tags`; `next` is what `?after=` takes to go on. */
export function encodeTags(
  tags: { id: string; commitId: Id; name: string; createdAtMs: number }[],
  next: string | null,
  idFormat: IdFormat,
  form: BodyForm,
): Uint8Array {
  return encodeBody(form, {
    tags: tags.map((tag) => ({
      tag_id: tag.id,
      commit_id: formatId(tag.commitId, idFormat),
      tag: tag.name,
      created_at: new Date(tag.createdAtMs).toISOString(),
    })),
    next,
  });
}

const YEARS_MAX_MS = Date.UTC(9999, 11, 31);

/** Milliseconds since the epoch; NaN for what is no time of the years 1970 to 9999. */
export function parseTime(value: unknown): number {
  const atMs = typeof value === 'string' && value.length <= 64 ? Date.parse(value) : Number.NaN;
  return atMs >= 0 && atMs <= YEARS_MAX_MS ? atMs : Number.NaN;
}

function badTag(index: number, field: string, problem: string): Violation {
  return violation('bad-tag', { index, field }, `Tag ${index}: ${field} ${problem}.`);
}
