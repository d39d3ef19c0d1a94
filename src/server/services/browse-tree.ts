import type { Id } from '~/muse/ids';
import { decodeTree, findEntry, type TreeEntry } from '~/muse/tree';
import { Refusal } from '~/wire/errors';
import type { BrowseDeps } from './browse-deps';
import type { OpenRepository } from './open-repository';
import { StoredRecordDamaged, TreeSource } from './tree-source';

type TreeDeps = Pick<BrowseDeps, 'browse' | 'records'>;

/** A file's object, and what is known of it without reading it. */
export interface FileFacts {
  id: Id;
  /** Decoded bytes. */
  size: number;
  /** The two active formats of a polyglot; '' for none. */
  polyglot: string;
}

export interface DirectoryEntry {
  kind: 'file' | 'dir';
  name: string;
  /** Of a file; null for a directory. */
  size: number | null;
}

export type BrowsedPath =
  | { kind: 'dir'; entries: DirectoryEntry[]; entryCount: number; readme: ReadmeFile | null }
  | { kind: 'file'; name: string; file: FileFacts };

export interface ReadmeFile {
  name: string;
  file: FileFacts;
}

/** Entries of one directory that are listed. */
export const DIRECTORY_MAX_ENTRIES = 2_000;
const README = /^readme(\.(md|markdown|txt))?$/i;

/** The trees of a repository for one request. */
export function treesOf(repo: OpenRepository, { records }: Pick<TreeDeps, 'records'>): TreeSource {
  return new TreeSource((ids) => records.loadTrees(repo.entry.id, ids));
}

/** The root tree and snapshot of a commit. Throws `StoredRecordDamaged` when a row is missing. */
export async function rootTreeOf(
  repo: OpenRepository,
  commitId: Id,
  { browse, records }: TreeDeps,
): Promise<{ snapshotId: Id; rootTreeId: Id; entryCount: number }> {
  const commit = (await browse.loadCommits(repo.entry.id, [commitId])).get(commitId);
  if (!commit) throw new StoredRecordDamaged('commit', commitId, 'missing');
  const { snapshotId } = commit;
  const snapshot = (await records.loadSnapshots(repo.entry.id, [snapshotId])).get(snapshotId);
  if (!snapshot) throw new StoredRecordDamaged('snapshot', snapshotId, 'missing');
  return { snapshotId, rootTreeId: snapshot.rootTreeId, entryCount: snapshot.entryCount };
}

/**
 * What lies at a path of a commit's snapshot: a directory with its entries (directories first) and
 * README, or a file. Throws `Refusal` `object-not-found` when nothing does.
 */
export async function browseTree(
  repo: OpenRepository,
  commitId: Id,
  path: string[],
  deps: TreeDeps,
): Promise<BrowsedPath> {
  const trees = treesOf(repo, deps);
  let treeId = (await rootTreeOf(repo, commitId, deps)).rootTreeId;
  for (const [depth, name] of path.entries()) {
    const entry = findEntry((await trees.load([treeId])).get(treeId)!, name);
    if (!entry || (entry.kind === 'file' && depth < path.length - 1)) {
      throw new Refusal('object-not-found', {}, 'There is no such file or directory here.');
    }
    if (entry.kind === 'file') {
      const file = (await fileFacts(repo, [entry.id], deps)).get(entry.id)!;
      return { kind: 'file', name, file };
    }
    treeId = entry.id;
  }
  return listDirectory(repo, decodeTree((await trees.load([treeId])).get(treeId)!), deps);
}

async function listDirectory(
  repo: OpenRepository,
  entries: TreeEntry[],
  deps: TreeDeps,
): Promise<BrowsedPath> {
  const sorted = [...entries].sort((a, b) => Number(b.kind === 'dir') - Number(a.kind === 'dir'));
  const listed = sorted.slice(0, DIRECTORY_MAX_ENTRIES);
  const readme = entries.find((entry) => entry.kind === 'file' && README.test(entry.name));
  const wanted = listed.filter((entry) => entry.kind === 'file').map((entry) => entry.id);
  const facts = await fileFacts(repo, readme ? [...wanted, readme.id] : wanted, deps);
  return {
    kind: 'dir',
    entries: listed.map(({ kind, name, id }) => ({
      kind,
      name,
      size: kind === 'file' ? facts.get(id)!.size : null,
    })),
    entryCount: entries.length,
    readme: readme ? { name: readme.name, file: facts.get(readme.id)! } : null,
  };
}

/** What is known of stored objects. Throws `StoredRecordDamaged` when one has no row. */
export async function fileFacts(
  repo: OpenRepository,
  ids: Id[],
  { records }: Pick<TreeDeps, 'records'>,
): Promise<Map<Id, FileFacts>> {
  const facts = new Map<Id, FileFacts>();
  if (ids.length === 0) return facts;
  const located = await records.locateObjects(repo.entry.id, [...new Set(ids)]);
  for (const id of ids) {
    const found = located.get(id);
    if (!found) throw new StoredRecordDamaged('object', id, 'missing');
    facts.set(id, { id, size: found.size, polyglot: found.polyglot });
  }
  return facts;
}
