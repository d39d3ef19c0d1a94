import { commitIdMatches } from '~/muse/commit-id';
import { formatId, type Id, type IdFormat, parseId } from '~/muse/ids';
import { snapshotIdOf } from '~/muse/snapshot';
import { parseCommitRecord } from '~/wire/commit-record';
import type { CommitRecord, SnapshotRecord } from '~/wire/frames';
import { ClientError } from './client-error';
import { decodeJson, encodeJson, msgpackToJson } from './json-msgpack';
import {
  HALF_SURROGATE,
  type Json,
  type JsonMap,
  JsonProblem,
  parseJson,
  writeJson,
} from './lossless-json';
import type { ManifestFolder } from './manifest-folder';

/**
 * The two kinds of record of a `.muse` folder as the wire has them, and back: `commits/<id>.json`
 * and `snapshots/<id>.json`, text as Python's `json.dumps(record, indent=2)` with an end of line.
 */

/** The last schema whose ids can be recomputed here (docs/protocol.md §1). */
const FORMAT_VERSION_KNOWN = 5;

export interface LocalCommit extends CommitRecord {
  /** The text form of the ids in the record. */
  idFormat: IdFormat;
}

/** Whether a commit's id follows from its fields, or its schema is later than is known here. */
export function commitHolds({ commit }: CommitRecord): boolean {
  return (commit.formatVersion ?? 0) > FORMAT_VERSION_KNOWN || commitIdMatches(commit) !== null;
}

/** Whether a snapshot's id follows from its manifest, or its schema is later than is known here. */
export function snapshotHolds(record: SnapshotRecord): boolean {
  return record.laterSchema || snapshotIdOf(record.manifest) === record.id;
}

/**
 * Reads the text of a commit file.
 *
 * @throws ClientError `repository-damaged`, also when the id does not follow from the record
 */
export function readCommitText(text: string, id: Id, file: string): LocalCommit {
  const value = parse(text, file);
  const raw = encodeJson(value);
  const commit = parseCommitRecord(raw);
  if ('code' in commit) throw damaged(file, commit.message);
  if (commit.id !== id) throw damaged(file, `it is the record of commit ${commit.id}`);
  const record = { commit, raw };
  if (!commitHolds(record)) throw damaged(file, 'its id does not follow from what it says');
  const written = value instanceof Map ? value.get('commit_id') : null;
  return { ...record, idFormat: parseId(written)?.format ?? 'bare' };
}

/** The text of a commit file; throws `damaged-stream` when a value has no JSON form. */
export function writeCommitText(raw: Uint8Array, id: Id): string {
  try {
    return `${msgpackToJson(raw, `commit ${id}`)}\n`;
  } catch (error) {
    throw notJson(error);
  }
}

/**
 * Reads the text of a snapshot file. Manifests can be large and are read with the engine's own
 * parser; only records with keys that it could change take the slower way.
 *
 * @throws ClientError `repository-damaged`, also when the id does not follow from the manifest
 */
export function readSnapshotText(text: string, id: Id, file: string): SnapshotRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(file, (error as Error).message);
  }
  if (typeof value !== 'object' || value === null) throw damaged(file, 'it is not a record');
  const { snapshot_id: written, manifest: files, ...others } = value as Record<string, unknown>;
  if (parseId(written)?.id !== id) throw damaged(file, 'it is the record of another snapshot');
  if (typeof files !== 'object' || files === null) throw damaged(file, 'it has no manifest');
  const manifest: [string, Id][] = [];
  for (const path of Object.keys(files)) {
    const object = parseId((files as Record<string, unknown>)[path]);
    if (object === null) throw damaged(file, `the id of ${JSON.stringify(path)} is not valid`);
    manifest.push([path, object.id]);
  }
  const extra = isPlain(others) ? new Map(Object.entries(others)) : otherKeys(parse(text, file));
  const record = {
    id,
    manifest,
    extra: encodeJson(extra),
    laterSchema: isLaterSchema(extra),
  };
  if (!snapshotHolds(record)) throw damaged(file, 'its id does not follow from its manifest');
  return record;
}

/**
 * The text of a snapshot file.
 *
 * @param extra the record's other keys, as a msgpack map
 * @throws ClientError `damaged-stream` when a value has no JSON form
 */
export function writeSnapshotText(
  id: Id,
  manifest: ManifestFolder,
  extra: Uint8Array,
  idFormat: IdFormat,
): string {
  let others: Json;
  try {
    others = decodeJson(extra, `snapshot ${id}`);
  } catch (error) {
    throw notJson(error);
  }
  const end = others instanceof Map && others.size > 0 ? `,${writeJson(others).slice(1, -2)}` : '';
  const written = formatId(id, idFormat);
  return `{\n  "snapshot_id": "${written}",\n  "manifest": ${manifest.jsonText(idFormat)}${end}\n}\n`;
}

function isPlain(values: Record<string, unknown>): values is Record<string, string | null> {
  return Object.entries(values).every(
    ([key, value]) =>
      (value === null || (typeof value === 'string' && !HALF_SURROGATE.test(value))) &&
      !/^\d/.test(key),
  );
}

function otherKeys(value: Json): JsonMap {
  const map: JsonMap = new Map(value instanceof Map ? value : []);
  map.delete('snapshot_id');
  map.delete('manifest');
  return map;
}

function isLaterSchema(extra: JsonMap): boolean {
  const directories = extra.get('directories') ?? null;
  const version = extra.get('format_version');
  const empty =
    directories === null ||
    (Array.isArray(directories) && directories.length === 0) ||
    (directories instanceof Map && directories.size === 0);
  return !empty || (typeof version === 'number' && version > FORMAT_VERSION_KNOWN);
}

function parse(text: string, file: string): Json {
  try {
    return parseJson(text, file);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new ClientError('repository-damaged', error.message, { detail: { file }, cause: error });
  }
}

function damaged(file: string, reason: string): ClientError {
  return new ClientError('repository-damaged', `${file}: ${reason}`, { detail: { file } });
}

function notJson(error: unknown): unknown {
  if (!(error instanceof JsonProblem)) return error;
  return new ClientError('damaged-stream', error.message, { cause: error });
}
