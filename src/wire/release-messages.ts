import { formatId, type Id, type IdFormat } from '~/muse/ids';
import {
  channelOf,
  isChannel,
  parseSemVer,
  RELEASE_CHANNELS,
  type ReleaseChannel,
} from '~/muse/semver';
import { encodeBody, readBody } from './body-reader';
import { isViolation, type Violation, violation } from './errors';
import type { BodyForm } from './fetch-answer';
import { type Limits, RELEASE_MAX_BODY_BYTES } from './limits';
import { parseTime } from './tag-messages';

/** The bodies of the releases' routes (docs/protocol.md §4). */

export const RELEASE_TITLE_MAX_LENGTH = 200;
/** Characters of a release's notes. */
export const RELEASE_NOTES_MAX_LENGTH = 200_000;

/** A release as a client sends it. */
export interface ReleaseRequest {
  /** null: the hub gives one. */
  id: string | null;
  tag: string;
  channel: ReleaseChannel;
  title: string;
  body: string;
  isDraft: boolean;
  commitId: Id;
  /** null: the commit's. */
  snapshotId: Id | null;
  /** null: the hub's own time. */
  createdAtMs: number | null;
  /** What else the record holds. */
  record: Record<string, unknown>;
  /** The form of its ids. */
  idFormat: IdFormat | null;
}

/** What a release tells of itself; the rest of its record is beside it. */
export interface WireRelease {
  id: string;
  tag: string;
  channel: ReleaseChannel;
  title: string;
  body: string;
  isDraft: boolean;
  commitId: Id;
  snapshotId: Id;
  createdAtMs: number;
}

/** Levels of maps and lists in a record. */
const RECORD_MAX_DEPTH = 32;
const RELEASE_ID = /^[\x21-\x7e]{1,100}$/;

/** Reads the body of `POST releases`, which is JSON. */
export function parseReleaseRequest(body: Uint8Array, limits: Limits): ReleaseRequest | Violation {
  const reader = readBody(body, 'json', limits, RELEASE_MAX_BODY_BYTES);
  if (isViolation(reader)) return reader;
  const { release_id, tag, semver: _, channel, title, body: notes, ...others } = reader.fields;
  const { is_draft, commit_id, snapshot_id, created_at, ...rest } = others;
  const version = typeof tag === 'string' ? parseSemVer(tag) : null;
  if (version === null) return badRelease('tag', 'is not a version, such as v1.2.0-beta.1');
  const id = optional(release_id);
  if (id !== null && (typeof id !== 'string' || !RELEASE_ID.test(id))) {
    return badRelease('release_id', 'is not 1 to 100 visible ASCII characters');
  }
  const named = optional(channel) ?? channelOf(version);
  if (!isChannel(named)) {
    return badRelease('channel', `is none of ${RELEASE_CHANNELS.join(', ')}`);
  }
  const words = { title: title ?? '', body: notes ?? '' };
  const problem = checkReleaseWords(words.title, words.body);
  if (problem !== null) return problem;
  const time = optional(created_at);
  const createdAtMs = time === null ? null : parseTime(time);
  if (Number.isNaN(createdAtMs)) return badRelease('created_at', 'is not a time (ISO 8601)');
  if (is_draft != null && typeof is_draft !== 'boolean') {
    return badRelease('is_draft', 'is neither true nor false');
  }
  if (isDeeperThan(rest, RECORD_MAX_DEPTH)) {
    return badRelease('record', `is nested deeper than ${RECORD_MAX_DEPTH} levels`);
  }
  const commitId = reader.parseId('commit_id', commit_id);
  const snapshot = optional(snapshot_id);
  const snapshotId = snapshot === null ? null : reader.parseId('snapshot_id', snapshot);
  return (
    reader.problem ?? {
      ...{ id, tag: tag as string, channel: named, isDraft: is_draft === true },
      ...{ title: words.title as string, body: words.body as string },
      ...{ commitId, snapshotId, createdAtMs, idFormat: reader.idFormat },
      record: created_at == null ? rest : { ...rest, created_at },
    }
  );
}

/** What is wrong with the words of a release; null when nothing is. */
export function checkReleaseWords(title: unknown, notes: unknown): Violation | null {
  if (!isTextUpTo(title, RELEASE_TITLE_MAX_LENGTH) || /[\r\n]/.test(title)) {
    return badRelease('title', `is not one line of at most ${RELEASE_TITLE_MAX_LENGTH} characters`);
  }
  if (!isTextUpTo(notes, RELEASE_NOTES_MAX_LENGTH)) {
    return badRelease('body', `is not a text of at most ${RELEASE_NOTES_MAX_LENGTH} characters`);
  }
  return null;
}

/** The answer of `POST releases`. */
export const encodeReleaseMade = (id: string, form: BodyForm): Uint8Array =>
  encodeBody(form, { release_id: id });

/** A release as clients read it: what the hub knows of it, and the rest of the record as it came. */
export function releaseFields(
  release: WireRelease,
  record: Record<string, unknown>,
  context: { repoId: string; idFormat: IdFormat },
): Record<string, unknown> {
  const { idFormat } = context;
  const repoId = typeof record.repo_id === 'string' ? record.repo_id : context.repoId;
  return {
    changelog: [],
    ...{ agent_id: '', model_id: '', gpg_signature: '' },
    created_at: new Date(release.createdAtMs).toISOString(),
    ...record,
    release_id: release.id,
    repo_id: repoId,
    tag: release.tag,
    semver: { ...parseSemVer(release.tag) },
    channel: release.channel,
    commit_id: formatId(release.commitId, idFormat),
    snapshot_id: formatId(release.snapshotId, idFormat),
    title: release.title,
    body: release.body,
    is_draft: release.isDraft,
  };
}

/** The answer of `GET releases`; `next` is what `?after=` takes to go on. */
export const encodeReleases = (
  releases: Record<string, unknown>[],
  next: string | null,
  form: BodyForm,
): Uint8Array => encodeBody(form, { releases, next });

/** Clients write nothing as null or ''. */
const optional = (value: unknown): unknown => (value == null || value === '' ? null : value);

function isDeeperThan(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depthMax === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, depthMax - 1));
}

const isTextUpTo = (value: unknown, lengthMax: number): value is string =>
  typeof value === 'string' && value.length <= lengthMax && !value.includes('\0');

function badRelease(field: string, problem: string): Violation {
  return violation('bad-release', { field }, `The release's ${field} ${problem}.`);
}
