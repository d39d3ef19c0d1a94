import { type Id, objectIdOf } from '~/muse/ids';
import { type Compute, ComputeOverrun } from '~/server/ports/compute';
import type { FileChange, TreeDiff } from './diff-trees';

/** Files on either side that are compared by their contents; with more only equal ones are found. */
export const SIMILAR_MAX_FILES = 100;
/** Bytes of one such file, and of all of them together. */
export const SIMILAR_FILE_MAX_BYTES = 256 * 1024;
export const SIMILAR_MAX_BYTES = 8 * 1024 ** 2;

/** What is asked about files, by their objects' ids. */
export interface RenameSource {
  /** Decoded bytes. */
  sizes(ids: Id[]): Promise<Map<Id, number>>;
  contents(ids: Id[]): Promise<Map<Id, Uint8Array>>;
  compute: Pick<Compute, 'findSimilar'>;
}

const EMPTY_FILE = objectIdOf(new Uint8Array());

/**
 * The same changes, with files that went and files that came joined where one was renamed:
 *
 * 1. Equal contents: of several candidates one with the same name in another folder first, then in
 *    the order of paths. Empty files are never joined; there is nothing to know them by.
 * 2. Alike contents, at least half: the most alike first, then those of the same name. Only when at
 *    most `SIMILAR_MAX_FILES` are left on each side, only files up to `SIMILAR_FILE_MAX_BYTES`, and
 *    in the order of paths until `SIMILAR_MAX_BYTES` are read.
 */
export async function findRenames(changes: TreeDiff, source: RenameSource): Promise<TreeDiff> {
  const gone = changes.files.filter(({ change }) => change === 'removed');
  const come = changes.files.filter(({ change }) => change === 'added');
  if (gone.length === 0 || come.length === 0) return changes;
  const joined = new Map<FileChange, { from: FileChange; share: number }>();
  joinEqual(gone, come, joined);
  const taken = new Set([...joined.values()].map(({ from }) => from));
  const goneLeft = gone.filter((file) => !taken.has(file));
  const comeLeft = come.filter((file) => !joined.has(file));
  await joinAlike(goneLeft, comeLeft, source, joined);
  return joinFiles(changes, joined);
}

type Joined = Map<FileChange, { from: FileChange; share: number }>;

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function joinEqual(gone: FileChange[], come: FileChange[], joined: Joined): void {
  const byId = new Map<Id, FileChange[]>();
  for (const file of gone) {
    if (file.before === EMPTY_FILE) continue;
    const same = byId.get(file.before!);
    if (same) same.push(file);
    else byId.set(file.before!, [file]);
  }
  const join = (file: FileChange, same: FileChange[], place: number) => {
    joined.set(file, { from: same[place]!, share: 1 });
    same.splice(place, 1);
  };
  for (const file of come) {
    const same = byId.get(file.after!) ?? [];
    const place = same.findIndex(({ path }) => nameOf(path) === nameOf(file.path));
    if (place >= 0) join(file, same, place);
  }
  for (const file of come) {
    const same = byId.get(file.after!);
    if (same && same.length > 0 && !joined.has(file)) join(file, same, 0);
  }
}

async function joinAlike(
  gone: FileChange[],
  come: FileChange[],
  source: RenameSource,
  joined: Joined,
): Promise<void> {
  if (gone.length === 0 || come.length === 0) return;
  if (gone.length > SIMILAR_MAX_FILES || come.length > SIMILAR_MAX_FILES) return;
  const idOf = (file: FileChange): Id => (file.before ?? file.after)!;
  const sizes = await source.sizes([...gone, ...come].map(idOf));
  let bytesLeft = SIMILAR_MAX_BYTES;
  const fits = (file: FileChange): boolean => {
    const size = sizes.get(idOf(file))!;
    if (size === 0 || size > SIMILAR_FILE_MAX_BYTES || size > bytesLeft) return false;
    bytesLeft -= size;
    return true;
  };
  const left = gone.filter(fits);
  const right = come.filter(fits);
  if (left.length === 0 || right.length === 0) return;
  const contents = await source.contents([...left, ...right].map(idOf));
  const bytesOf = (file: FileChange) => contents.get(idOf(file))!;
  const pairs = await similar(left.map(bytesOf), right.map(bytesOf), source.compute);
  const ranked = pairs
    .map(({ gone: i, come: j, share }) => {
      const [from, to] = [left[i]!, right[j]!];
      return { from, to, share, sameName: nameOf(from.path) === nameOf(to.path) };
    })
    .sort((a, b) => b.share - a.share || Number(b.sameName) - Number(a.sameName));
  const taken = new Set<FileChange>();
  for (const { from, to, share } of ranked) {
    if (taken.has(from) || joined.has(to)) continue;
    taken.add(from);
    joined.set(to, { from, share });
  }
}

/** Renames are a help, not a promise: where looking for them takes too long there are none. */
async function similar(gone: Uint8Array[], come: Uint8Array[], compute: RenameSource['compute']) {
  try {
    return await compute.findSimilar(gone, come);
  } catch (error) {
    if (ComputeOverrun.is(error)) return [];
    throw error;
  }
}

function joinFiles(changes: TreeDiff, joined: Joined): TreeDiff {
  const taken = new Set([...joined.values()].map(({ from }) => from));
  const files = changes.files
    .filter((file) => !taken.has(file))
    .map((file): FileChange => {
      const origin = joined.get(file);
      if (!origin) return file;
      const { path, before } = origin.from;
      return { ...file, change: 'renamed', before, oldPath: path, share: origin.share };
    });
  return {
    ...changes,
    files,
    added: changes.added - joined.size,
    removed: changes.removed - joined.size,
    renamed: joined.size,
  };
}
