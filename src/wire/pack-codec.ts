import type { Id, IdFormat } from '~/muse/ids';
import { formatId } from '~/muse/ids';
import { readCommit } from './commit-record';
import { FieldReader } from './field-reader';
import {
  type CommitPackFrame,
  type CommitRecord,
  SFRAME_COMMIT_PACK,
  type SnapshotDelta,
  type SnapshotRecord,
} from './frames';
import type { Limits } from './limits';
import { ARRAY, BIN, INT, MAP, MsgpackReader, STR } from './msgpack-reader';
import { MsgpackWriter } from './msgpack-writer';

/**
 * The COMMIT_PACK frame (docs/protocol.md §3). Manifests are read straight from the bytes, since a
 * frame may hold hundreds of thousands of entries; commit records keep their exact bytes, and so do
 * the keys of snapshot records that the hub does not read.
 */

/** Schema of a record above which the hub cannot recompute the snapshot's id. */
const FORMAT_VERSION_KNOWN = 5;

type PackBody = Pick<CommitPackFrame, 'commits' | 'snapshots' | 'snapshotDeltas'>;

/** Reads the map of a COMMIT_PACK frame at the reader's position. */
export function readPack(f: FieldReader, limits: Limits): PackBody {
  const pack: PackBody = { commits: [], snapshots: [], snapshotDeltas: [] };
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'commits':
        pack.commits = readCommits(f, limits);
        break;
      case 'snapshots':
        pack.snapshots = readEach(f, limits, 'snapshot record', readSnapshot);
        break;
      case 'snapshot_deltas':
        pack.snapshotDeltas = readEach(f, limits, 'snapshot delta', readDelta);
        break;
      default:
        f.skip();
    }
  }
  return pack;
}

function readCommits(f: FieldReader, limits: Limits): CommitRecord[] {
  const count = f.list();
  if (count > limits.maxCommits) f.exceed('stream_max_commits', limits.maxCommits, 'commits');
  const first = f.pos;
  const commits: CommitRecord[] = [];
  const ends: number[] = [];
  for (let i = 0; i < count && f.problem === null; i++) {
    const commit = readCommit(f, limits);
    if (commit === null) {
      f.note({ index: i });
      return [];
    }
    commits.push({ commit, raw: f.bytes });
    ends.push(f.pos);
  }
  // One copy of all the records, so that the frame, most of which is manifests, can go.
  const records = Uint8Array.prototype.slice.call(f.bytes, first, f.pos);
  let start = 0;
  for (let i = 0; i < commits.length; i++) {
    const end = ends[i]! - first;
    commits[i]!.raw = records.subarray(start, end);
    start = end;
  }
  return commits;
}

function readEach<T>(
  f: FieldReader,
  limits: Limits,
  owner: string,
  read: (f: FieldReader, limits: Limits) => T,
): T[] {
  const around = { owner: f.owner, context: f.context };
  const records: T[] = [];
  const count = f.list();
  f.owner = owner;
  for (let i = 0; i < count && f.problem === null; i++) {
    const start = f.pos;
    f.field = '';
    f.context = { ...around.context, index: i };
    records.push(read(f, limits));
    if (f.problem !== null) nameSnapshot(f, start);
  }
  f.owner = around.owner;
  f.context = around.context;
  return records;
}

function nameSnapshot(f: FieldReader, start: number): void {
  const finder = new FieldReader(f.bytes, '');
  if (!finder.seek(start, 'snapshot_id')) return;
  const id = finder.id();
  if (finder.problem === null) f.note({ snapshot_id: id });
}

function readSnapshot(f: FieldReader, limits: Limits): SnapshotRecord {
  const rest = new RestOfRecord(f);
  const record: SnapshotRecord = { id: '', manifest: [], extra: NOTHING, laterSchema: false };
  let hasManifest = false;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    const start = f.pos;
    switch (f.key()) {
      case 'snapshot_id':
        record.id = f.id();
        break;
      case 'manifest':
        record.manifest = readManifest(f, limits);
        hasManifest = true;
        break;
      case 'parent_snapshot_id':
      case 'delta_add':
      case 'delta_remove':
        f.fail('only be there in a snapshot delta');
        break;
      default:
        rest.keep(start);
    }
  }
  if (record.id === '') f.missing('snapshot_id');
  if (!hasManifest) f.missing('manifest');
  record.extra = rest.bytes();
  record.laterSchema = rest.laterSchema;
  return record;
}

function readDelta(f: FieldReader, limits: Limits): SnapshotDelta {
  const rest = new RestOfRecord(f);
  const record: SnapshotDelta = {
    id: '',
    parentId: '',
    add: [],
    remove: [],
    extra: NOTHING,
    laterSchema: false,
  };
  let hasAdd = false;
  let hasRemove = false;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    const start = f.pos;
    switch (f.key()) {
      case 'snapshot_id':
        record.id = f.id();
        break;
      case 'parent_snapshot_id':
        record.parentId = f.id();
        break;
      case 'delta_add':
        record.add = readManifest(f, limits);
        hasAdd = true;
        break;
      case 'delta_remove':
        record.remove = readPaths(f, limits);
        hasRemove = true;
        break;
      case 'manifest':
        f.fail('only be there in a whole snapshot');
        break;
      default:
        rest.keep(start);
    }
  }
  if (record.id === '') f.missing('snapshot_id');
  if (record.parentId === '') f.missing('parent_snapshot_id');
  if (!hasAdd) f.missing('delta_add');
  if (!hasRemove) f.missing('delta_remove');
  record.extra = rest.bytes();
  record.laterSchema = rest.laterSchema;
  return record;
}

function readManifest(f: FieldReader, limits: Limits): [path: string, objectId: Id][] {
  const count = f.map();
  const max = limits.maxSnapshotEntries;
  if (count > max) f.exceed('snapshot_max_entries', max, 'entries');
  const entries: [path: string, objectId: Id][] = [];
  for (let i = 0; i < count && f.problem === null; i++) {
    f.head();
    if (f.kind !== STR) {
      f.fail('have texts as keys');
      break;
    }
    if (f.size === 0) f.fail('not name an empty path', 'bad-path');
    const path = f.text();
    const id = f.id();
    f.note({ path });
    entries.push([path, id]);
  }
  return entries;
}

function readPaths(f: FieldReader, limits: Limits): string[] {
  const count = f.list();
  const max = limits.maxSnapshotEntries;
  if (count > max) f.exceed('snapshot_max_entries', max, 'entries');
  const paths: string[] = [];
  for (let i = 0; i < count && f.problem === null; i++) {
    f.head();
    if (f.kind !== STR) f.fail('be a list of paths');
    else if (f.size === 0) f.fail('not name an empty path', 'bad-path');
    else paths.push(f.text());
  }
  return paths;
}

/** The keys of a snapshot record that the hub does not read, as the bytes that came. */
class RestOfRecord {
  laterSchema = false;
  private readonly ranges: number[] = [];
  private size = 0;

  constructor(private readonly f: FieldReader) {}

  /** Keeps the entry whose key began at `start` and was read as the current field. */
  keep(start: number): void {
    const { f } = this;
    const value = f.pos;
    f.head();
    const { kind, size } = f;
    if (f.field === 'directories') {
      const sized = kind === ARRAY || kind === MAP || kind === STR || kind === BIN;
      if (sized && size > 0) this.laterSchema = true;
    } else if (f.field === 'format_version') {
      if (kind === INT && f.value > FORMAT_VERSION_KNOWN) this.laterSchema = true;
    }
    f.pos = value;
    f.skip();
    this.ranges.push(start, f.pos);
    this.size += f.pos - start;
  }

  /** A msgpack map of the entries kept. */
  bytes(): Uint8Array {
    const writer = new MsgpackWriter(this.size + 5).mapHeader(this.ranges.length / 2);
    for (let i = 0; i < this.ranges.length; i += 2) {
      writer.raw(this.f.bytes.subarray(this.ranges[i]!, this.ranges[i + 1]!));
    }
    return writer.take();
  }
}

const NOTHING = new Uint8Array(0);

/** A COMMIT_PACK frame from records that are encoded already, as a client or `fetch` streams them. */
export function encodePack(parts: {
  commits: Uint8Array[];
  snapshots: Uint8Array[];
  snapshotDeltas: Uint8Array[];
}): Uint8Array {
  const { commits, snapshots, snapshotDeltas } = parts;
  let size = 64;
  for (const list of [commits, snapshots, snapshotDeltas]) {
    for (const record of list) size += record.length;
  }
  const writer = new MsgpackWriter(size).mapHeader(4).str('t').str(SFRAME_COMMIT_PACK);
  writer.str('commits').arrayHeader(commits.length);
  for (const record of commits) writer.raw(record);
  writer.str('snapshots').arrayHeader(snapshots.length);
  for (const record of snapshots) writer.raw(record);
  writer.str('snapshot_deltas').arrayHeader(snapshotDeltas.length);
  for (const record of snapshotDeltas) writer.raw(record);
  return writer.take();
}

/** One whole snapshot record, as COMMIT_PACK frames and the answer of `fetch` hold it. */
export function encodeSnapshot(
  record: Pick<SnapshotRecord, 'id' | 'manifest' | 'extra'>,
  idFormat: IdFormat,
): Uint8Array {
  const extra = entriesOf(record.extra);
  const writer = new MsgpackWriter(256 + extra.bytes.length + record.manifest.length * 112);
  writer.mapHeader(2 + extra.count);
  writer.str('snapshot_id').ascii(formatId(record.id, idFormat)).str('manifest');
  writeManifest(writer, record.manifest, idFormat);
  return writer.raw(extra.bytes).take();
}

/** One snapshot delta, as COMMIT_PACK frames hold it. */
export function encodeSnapshotDelta(
  record: Pick<SnapshotDelta, 'id' | 'parentId' | 'add' | 'remove' | 'extra'>,
  idFormat: IdFormat,
): Uint8Array {
  const extra = entriesOf(record.extra);
  const writer = new MsgpackWriter(320 + extra.bytes.length + record.add.length * 112);
  writer.mapHeader(4 + extra.count);
  writer.str('snapshot_id').ascii(formatId(record.id, idFormat));
  writer.str('parent_snapshot_id').ascii(formatId(record.parentId, idFormat)).str('delta_add');
  writeManifest(writer, record.add, idFormat);
  writer.str('delta_remove').arrayHeader(record.remove.length);
  for (const path of record.remove) writer.str(path);
  return writer.raw(extra.bytes).take();
}

function writeManifest(
  writer: MsgpackWriter,
  manifest: [path: string, objectId: Id][],
  idFormat: IdFormat,
): void {
  writer.mapHeader(manifest.length);
  for (const [path, id] of manifest) writer.str(path).ascii(formatId(id, idFormat));
}

/** The entries of a msgpack map without its header; empty bytes count as the empty map. */
function entriesOf(extra: Uint8Array): { count: number; bytes: Uint8Array } {
  if (extra.length === 0) return { count: 0, bytes: extra };
  const reader = new MsgpackReader(extra);
  reader.head();
  return { count: reader.size, bytes: extra.subarray(reader.pos) };
}
