import { commitIdMatches } from '~/muse/commit-id';
import { formatId, type Id, type IdFormat, parseId } from '~/muse/ids';
import { snapshotIdOf } from '~/muse/snapshot';
import { parseCommitRecord } from '~/wire/commit-record';
import type { CommitRecord, SnapshotRecord } from '~/wire/frames';
import { ClientError } from './client-error';
import { GrowingBuffer } from './growing-buffer';
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
 * The text of a commit file with other texts under some keys, from which the same id must follow.
 *
 * @throws ClientError `bad-commit` when it would not
 */
export function changeCommitText(raw: Uint8Array, id: Id, texts: Record<string, string>): string {
  const file = `commit ${id}`;
  const value = decodeJson(raw, file);
  if (!(value instanceof Map)) throw damaged(file, 'it is not a map');
  for (const [key, text] of Object.entries(texts)) value.set(key, text);
  const changed = encodeJson(value);
  const commit = parseCommitRecord(changed);
  if ('code' in commit || commit.id !== id || commitIdMatches(commit) === null) {
    throw new ClientError('bad-commit', `The id of commit ${id} would change.`);
  }
  return writeCommitText(changed, id);
}

/** A snapshot file as it was read, its manifest not looked into yet. */
export interface SnapshotParts {
  id: Id;
  /** Ids by path, as the file has them; without a prototype, so that every path is its own key. */
  files: Readonly<Record<string, unknown>>;
  /** The keys of `files`. */
  paths: string[];
  /** The record's other keys, as a msgpack map. */
  extra: Uint8Array;
  laterSchema: boolean;
}

/**
 * Reads the text of a snapshot file, without a look at each of its files. Manifests can be large
 * and are read with the engine's own parser; only records with keys that it could change take the
 * slower way.
 *
 * @throws ClientError `repository-damaged`
 */
export function readSnapshotParts(text: string, id: Id, file: string): SnapshotParts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(file, (error as Error).message);
  }
  if (typeof value !== 'object' || value === null) throw damaged(file, 'it is not a record');
  const { snapshot_id: written, manifest, ...others } = value as Record<string, unknown>;
  if (parseId(written)?.id !== id) throw damaged(file, 'it is the record of another snapshot');
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw damaged(file, 'it has no manifest');
  }
  const extra = isPlain(others) ? new Map(Object.entries(others)) : otherKeys(parse(text, file));
  const paths = Object.keys(manifest);
  const files = Object.setPrototypeOf(manifest, null) as Record<string, unknown>;
  return { id, files, paths, extra: encodeJson(extra), laterSchema: isLaterSchema(extra) };
}

/** The id of a file in a snapshot; throws `repository-damaged` where it has none. */
export function fileIdOf({ id, files }: SnapshotParts, path: string): Id {
  const object = parseId(files[path]);
  if (object !== null) return object.id;
  const name = JSON.stringify(path);
  throw new ClientError('repository-damaged', `snapshot ${id}: the id of ${name} is not valid`, {
    detail: { snapshot_id: id, path },
  });
}

/** The whole record of a snapshot file, its id not checked. */
export function snapshotRecordOf(parts: SnapshotParts): SnapshotRecord {
  const { id, paths, extra, laterSchema } = parts;
  return { id, manifest: paths.map((path) => [path, fileIdOf(parts, path)]), extra, laterSchema };
}

/**
 * Reads the text of a snapshot file.
 *
 * @throws ClientError `repository-damaged`, also when the id does not follow from the manifest
 */
export function readSnapshotText(text: string, id: Id, file: string): SnapshotRecord {
  const record = snapshotRecordOf(readSnapshotParts(text, id, file));
  if (!snapshotHolds(record)) throw damaged(file, 'its id does not follow from its manifest');
  return record;
}

/**
 * The bytes of a snapshot file, good until the next call: a thousand snapshots in a row are written
 * from the same memory.
 *
 * @param extra the record's other keys, as a msgpack map
 * @throws ClientError `damaged-stream` when a value has no JSON form
 */
export function writeSnapshotFile(
  id: Id,
  manifest: ManifestFolder,
  extra: Uint8Array,
  idFormat: IdFormat,
): Buffer {
  let others: Json;
  try {
    others = decodeJson(extra, `snapshot ${id}`);
  } catch (error) {
    throw notJson(error);
  }
  const end = others instanceof Map && others.size > 0 ? `,${writeJson(others).slice(1, -2)}` : '';
  snapshotFile.cut(0);
  snapshotFile.appendAscii(`{\n  "snapshot_id": "${formatId(id, idFormat)}",\n  "manifest": `);
  manifest.appendJson(snapshotFile, idFormat);
  snapshotFile.appendAscii(`${end}\n}\n`);
  return snapshotFile.view();
}

const snapshotFile = new GrowingBuffer(64 * 1024);

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
