import { createGzip } from 'node:zlib';
import type { Id } from '~/muse/ids';
import { type ObjectToRead, WHOLE_OBJECT_MAX_BYTES } from '~/server/ports/object-storage';
import type { ArchiveContents, ArchiveFile } from './archive-file';
import type { BrowseDeps } from './browse-deps';
import { rootTreeOf, treesOf } from './browse-tree';
import { deflated } from './deflated';
import type { OpenRepository } from './open-repository';
import type { ResolvedRef } from './resolve-ref';
import { StoredRecordDamaged } from './tree-source';
import { type WalkedFile, walkFiles } from './walk-files';
import { writeTar } from './write-tar';
import { writeZip } from './write-zip';

type ArchiveDeps = Pick<BrowseDeps, 'browse' | 'records' | 'objects'>;

export const ARCHIVE_FORMS = ['tar.gz', 'zip'] as const;
export type ArchiveForm = (typeof ARCHIVE_FORMS)[number];

/** Digits of an id in the name of a commit's archive. */
const SHORT_ID_LENGTH = 10;
/** Files whose objects are located in one query. */
const LOCATE_BATCH_FILES = 1_024;

const WRITERS: Record<ArchiveForm, (contents: ArchiveContents) => AsyncGenerator<Uint8Array>> = {
  'tar.gz': (contents) => deflated(writeTar(contents), createGzip()),
  zip: writeZip,
};

/** The name of an archive and of the one folder in it: the repository's and the ref's. */
export function archiveName({ entry }: OpenRepository, { kind, name }: ResolvedRef): string {
  const ref = kind === 'commit' ? name.slice(0, SHORT_ID_LENGTH) : name.replaceAll('/', '-');
  return `${entry.slug}-${ref}`;
}

/**
 * The files of a commit as an archive, made while it is read: the same bytes for the same commit and
 * name. Every object is hashed again as it is read, and what is gone or wrong throws, so that no part
 * looks like the whole: `StoredRecordDamaged`, `StoredObjectDamaged`.
 *
 * Memory: what `archiveFiles` holds, and for a ZIP its directory.
 */
export async function openArchive(
  repo: OpenRepository,
  ref: ResolvedRef,
  form: ArchiveForm,
  deps: ArchiveDeps,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  const root = await rootTreeOf(repo, ref.commitId, deps);
  const commit = (await deps.browse.loadCommits(repo.entry.id, [ref.commitId])).get(ref.commitId);
  const folder = `${archiveName(repo, ref)}/`;
  return WRITERS[form]({
    files: archiveFiles(repo, { ...root, folder }, deps, signal),
    timeMs: commit?.timeMs ?? 0,
  });
}

/**
 * The files of a snapshot in the byte order of their paths, with their contents. Small ones are read
 * together, at most `WHOLE_OBJECT_MAX_BYTES` at a time; a larger one in parts.
 */
export async function* archiveFiles(
  repo: OpenRepository,
  of: { snapshotId: Id; rootTreeId: Id; entryCount: number; folder: string },
  deps: Pick<ArchiveDeps, 'records' | 'objects'>,
  signal: AbortSignal,
): AsyncGenerator<ArchiveFile> {
  let count = 0;
  for await (const batch of batches(walkFiles(of.rootTreeId, treesOf(repo, deps)))) {
    const objects = await locate(repo, batch, deps);
    for (const group of groups(batch, objects)) {
      const contents = await readGroup(repo, group, objects, deps, signal);
      for (const { path, id } of group) {
        const object = objects.get(id)!;
        const content = contents.get(id);
        const parts = content
          ? [content]
          : deps.objects.readObject(repo.entry.id, object, { form: 'content', signal });
        yield { path: of.folder + path, size: object.location.size, parts };
        count++;
      }
    }
  }
  if (count !== of.entryCount) {
    const reason = `${count} of ${of.entryCount} files`;
    throw new StoredRecordDamaged('snapshot', of.snapshotId, reason);
  }
}

async function* batches(runs: AsyncIterable<WalkedFile[]>): AsyncGenerator<WalkedFile[]> {
  let batch: WalkedFile[] = [];
  for await (const run of runs) {
    for (const file of run) {
      batch.push(file);
      if (batch.length < LOCATE_BATCH_FILES) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function locate(
  { entry }: OpenRepository,
  files: WalkedFile[],
  { records }: Pick<ArchiveDeps, 'records'>,
): Promise<Map<Id, ObjectToRead>> {
  const ids = [...new Set(files.map(({ id }) => id))];
  const located = await records.locateObjects(entry.id, ids);
  const objects = new Map<Id, ObjectToRead>();
  for (const id of ids) {
    const location = located.get(id);
    if (!location) throw new StoredRecordDamaged('object', id, 'missing');
    objects.set(id, { id, location });
  }
  return objects;
}

const isLarge = ({ location }: ObjectToRead) => location.size > WHOLE_OBJECT_MAX_BYTES;

/** Files one after the other whose contents fit into memory together. */
function* groups(files: WalkedFile[], objects: Map<Id, ObjectToRead>): Generator<WalkedFile[]> {
  let group: WalkedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const object = objects.get(file.id)!;
    const size = isLarge(object) ? 0 : object.location.size;
    if (group.length > 0 && bytes + size > WHOLE_OBJECT_MAX_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += size;
  }
  yield group;
}

async function readGroup(
  { entry }: OpenRepository,
  group: WalkedFile[],
  objects: Map<Id, ObjectToRead>,
  deps: Pick<ArchiveDeps, 'objects'>,
  signal: AbortSignal,
): Promise<Map<Id, Uint8Array>> {
  const wanted = [...new Set(group.map(({ id }) => id))]
    .map((id) => objects.get(id)!)
    .filter((object) => !isLarge(object));
  const contents = new Map<Id, Uint8Array>();
  for await (const { object, content } of deps.objects.readObjects(entry.id, wanted, { signal })) {
    if (content) contents.set(object.id, content);
  }
  return contents;
}
