import type { Id, IdFormat } from '~/muse/ids';
import { decodeStored, decodeStoredStream, ObjectDamaged } from '~/muse/object-reader';
import { checkPath } from '~/muse/paths';
import {
  type CommitPackFrame,
  type EndFrame,
  type FetchHeaderFrame,
  type ObjectChunkFrame,
  type ObjectFrame,
  SFRAME_COMMIT_PACK,
  SFRAME_END,
  SFRAME_HEADER,
  SFRAME_OBJECT,
  SFRAME_OBJECT_CHUNK,
  type SnapshotDelta,
  type SnapshotRecord,
} from '~/wire/frames';
import { type ContentFrame, damagedStream, type FetchFrames } from './fetch-frames';
import type { FileWriter } from './file-writer';
import type { KeptObjects } from './kept-objects';
import { ManifestFolder } from './manifest-folder';
import { ObjectIntake } from './object-intake';
import { commitHolds, writeCommitText, writeSnapshotFile } from './records';
import { commitName, type Repository, snapshotName } from './repository';

export interface FetchProgress {
  phase: 'objects' | 'commits';
  objects: number;
  objectsTotal: number;
  commits: number;
  commitsTotal: number;
  /** Decoded bytes of objects. */
  bytes: number;
}

export interface FetchReport extends FetchProgress {
  snapshots: number;
  /** Bytes that came over the connection. */
  wireBytes: number;
  heads: Record<string, Id>;
  idFormat: IdFormat;
  /** Records of a schema that is not known here, whose ids were taken on trust. */
  unverified: Id[];
}

/** Objects up to this size are decoded in one go. */
const WHOLE_BYTES_MAX = 4 * 1024 ** 2;
const MANIFESTS_KEPT = 4;

/**
 * Reads the answer of `fetch/stream` into a repository: objects as they come, then snapshots, then
 * commits, parents first. Every one is checked against its id, and everything that a new commit
 * needs must be there before the commit is written; refs are the caller's, after this returned.
 *
 * @param kept gets the small objects too
 * @throws ClientError `damaged-stream`, `network` or the hub's code; what was written until then
 *   is whole, and nothing refers to it
 */
export async function receiveFetch(
  repository: Repository,
  writer: FileWriter,
  frames: FetchFrames,
  onProgress: (progress: FetchProgress) => void,
  kept: KeptObjects | null = null,
): Promise<FetchReport> {
  const header = await frames.next();
  if (header.type !== SFRAME_HEADER) throw damagedStream('it does not begin with HEADER');
  const receiver = new Receiver(repository, writer, frames, header, onProgress, kept);
  return receiver.run();
}

class Receiver {
  readonly #repository: Repository;
  readonly #writer: FileWriter;
  readonly #frames: FetchFrames;
  readonly #onProgress: (progress: FetchProgress) => void;
  readonly #kept: KeptObjects | null;
  readonly #report: FetchReport;
  readonly #objects: ObjectIntake;
  readonly #commits = new Set<Id>();
  readonly #manifests = new Map<Id, ManifestFolder>();

  constructor(
    repository: Repository,
    writer: FileWriter,
    frames: FetchFrames,
    header: FetchHeaderFrame,
    onProgress: (progress: FetchProgress) => void,
    kept: KeptObjects | null,
  ) {
    this.#repository = repository;
    this.#objects = new ObjectIntake(repository, writer);
    this.#kept = kept;
    this.#writer = writer;
    this.#frames = frames;
    this.#onProgress = onProgress;
    this.#report = {
      phase: 'objects',
      objects: 0,
      objectsTotal: header.objectCount,
      commits: 0,
      commitsTotal: header.commitCount,
      bytes: 0,
      snapshots: 0,
      wireBytes: 0,
      heads: header.branchHeads,
      idFormat: header.idFormat,
      unverified: [],
    };
  }

  async run(): Promise<FetchReport> {
    for (;;) {
      const frame = await this.#next();
      if (frame.type === SFRAME_OBJECT) await this.#object(frame);
      else if (frame.type === SFRAME_OBJECT_CHUNK) await this.#chunks(frame);
      else if (frame.type === SFRAME_COMMIT_PACK) await this.#pack(frame);
      else if (frame.type === SFRAME_END) return this.#end(frame);
      else throw damagedStream('HEADER comes twice');
    }
  }

  #end(frame: EndFrame): FetchReport {
    const { objects, commits, objectsTotal, commitsTotal } = this.#report;
    if (frame.objectCount !== objects || frame.commitCount !== commits) {
      throw damagedStream('its counts do not match');
    }
    if (objectsTotal !== objects || commitsTotal !== commits) {
      throw damagedStream('it holds another number of objects or commits than announced');
    }
    this.#report.wireBytes = this.#frames.wireBytes;
    this.#repository.deltas.save();
    return this.#report;
  }

  async #next(): Promise<ContentFrame> {
    const frame = await this.#frames.next();
    const format = frame.idFormat;
    if (format !== null && format !== this.#report.idFormat) {
      throw damagedStream('it mixes both forms of ids');
    }
    return frame;
  }

  async #object(frame: ObjectFrame): Promise<void> {
    if (frame.size > WHOLE_BYTES_MAX) {
      const { data } = frame;
      await this.#stream(
        frame,
        (async function* () {
          yield data;
        })(),
      );
      return;
    }
    const bytes = intact(() => decodeStored(frame, frame.data));
    this.#took(frame.id, bytes.length);
    this.#objects.put(frame.id, bytes);
    this.#kept?.keep(frame.id, bytes);
  }

  async #chunks(first: ObjectChunkFrame): Promise<void> {
    const next = () => this.#next();
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      if (first.seq !== 0) throw damagedStream('an object does not begin with its first chunk');
      for (let chunk = first; ; ) {
        yield chunk.data;
        if (chunk.last) return;
        const frame = await next();
        if (
          frame.type !== SFRAME_OBJECT_CHUNK ||
          frame.id !== first.id ||
          frame.seq !== chunk.seq + 1
        ) {
          throw damagedStream('the chunks of an object do not follow each other');
        }
        chunk = frame;
      }
    };
    await this.#stream(first, chunks());
  }

  /** An object of any size, in bounded memory; it gets its name when all of it was right. */
  async #stream(
    frame: ObjectFrame | ObjectChunkFrame,
    data: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    try {
      await this.#objects.putPieces(frame.id, decodeStoredStream(frame, data));
    } catch (error) {
      throw damagedObject(error);
    }
    this.#took(frame.id, frame.size);
  }

  #took(id: Id, bytes: number): void {
    if (this.#report.commits > 0)
      throw damagedStream('an object comes after commits', { object_id: id });
    this.#report.objects++;
    this.#report.bytes += bytes;
    this.#onProgress(this.#report);
  }

  async #pack(frame: CommitPackFrame): Promise<void> {
    this.#report.phase = 'commits';
    for (const record of frame.snapshots)
      this.#keep(record, ManifestFolder.EMPTY, record.manifest, [], null);
    for (const record of frame.snapshotDeltas) this.#delta(record);
    // A commit that is there stands for all it reaches, after a power failure too.
    await this.#writer.flush();
    for (const { commit, raw } of frame.commits) {
      const { id } = commit;
      if (!commitHolds({ commit, raw }))
        throw damagedStream('a commit has another id than it should', { commit_id: id });
      if ((commit.formatVersion ?? 0) > 5) this.#report.unverified.push(id);
      if (!this.#repository.hasSnapshot(commit.snapshotId)) {
        throw damagedStream('the snapshot of a commit is missing', { commit_id: id });
      }
      for (const parent of commit.parents) {
        if (!this.#commits.has(parent) && !this.#repository.hasCommit(parent)) {
          throw damagedStream('the parent of a commit is missing', { commit_id: id, parent });
        }
      }
      if (!this.#repository.hasCommit(id)) {
        this.#writer.put(commitName(id), writeCommitText(raw, id));
      }
      this.#commits.add(id);
      this.#report.commits++;
      this.#onProgress(this.#report);
    }
  }

  #delta(record: SnapshotDelta): void {
    let base = this.#manifests.get(record.parentId);
    if (base === undefined) {
      if (!this.#repository.hasSnapshot(record.parentId)) {
        throw damagedStream('the parent of a snapshot is missing', { snapshot_id: record.id });
      }
      base = ManifestFolder.from(this.#repository.snapshot(record.parentId).manifest) ?? undefined;
    }
    if (base === undefined) throw damagedStream('a path is a file and a folder');
    this.#keep(record, base, record.add, record.remove, record.parentId);
  }

  #keep(
    record: Pick<SnapshotRecord, 'id' | 'extra' | 'laterSchema'>,
    base: ManifestFolder,
    add: [string, Id][],
    remove: string[],
    parentId: Id | null,
  ): void {
    const about = { snapshot_id: record.id };
    for (const [path, id] of add) {
      const reason = checkPath(path);
      if (reason !== null) throw damagedStream(`a path ${reason}`, { ...about, path });
      if (!this.#objects.has(id))
        throw damagedStream('an object is missing', { ...about, path, object_id: id });
    }
    const manifest = base.with(add, remove);
    if (manifest === null) throw damagedStream('a path is a file and a folder', about);
    if (record.laterSchema) this.#report.unverified.push(record.id);
    else if (manifest.snapshotId() !== record.id) {
      throw damagedStream('a snapshot has another id than it should', about);
    }
    this.#manifests.delete(record.id);
    this.#manifests.set(record.id, manifest);
    for (const oldest of this.#manifests.keys()) {
      if (this.#manifests.size <= MANIFESTS_KEPT) break;
      this.#manifests.delete(oldest);
    }
    this.#report.snapshots++;
    if (this.#repository.hasSnapshot(record.id)) return;
    const text = writeSnapshotFile(record.id, manifest, record.extra, this.#report.idFormat);
    this.#writer.put(snapshotName(record.id), text);
    if (parentId !== null) {
      this.#repository.deltas.note(record.id, parentId, { add, remove, extra: record.extra });
    }
  }
}

function intact<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw damagedObject(error);
  }
}

function damagedObject(error: unknown): unknown {
  return error instanceof ObjectDamaged
    ? damagedStream(error.message, { object_id: error.id })
    : error;
}
