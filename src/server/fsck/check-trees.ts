import { createHash } from 'node:crypto';
import type { Id } from '~/muse/ids';
import { decodeTree, type TreeEntry, treeIdOf } from '~/muse/tree';
import { decodeValue } from '~/wire/msgpack-reader';
import type { StoredSnapshot, StoredState } from '../ports/stored-state';
import { inBatches, type RepoReport } from './finding';

const BATCH = 200;
const SNAPSHOT_BATCH = 1_000;
/** Directories that are kept while snapshots are walked; neighbours share nearly all of them. */
const KEPT_ENTRIES_MAX = 1_000_000;
const LINES_PER_UPDATE = 1_000;

/** Decodes and hashes every directory, and looks for what each names. */
export async function checkTrees(
  repoId: string,
  state: StoredState,
  report: RepoReport,
): Promise<number> {
  let count = 0;
  for await (const batch of inBatches(state.trees(repoId), BATCH)) {
    count += batch.length;
    const named = { file: new Map<Id, Id>(), dir: new Map<Id, Id>() };
    for (const { id, entries } of batch) {
      const decoded = readTree(id, entries);
      if (typeof decoded === 'string') report('tree-damaged', id, decoded);
      else for (const entry of decoded) named[entry.kind].set(entry.id, id);
    }
    const objects = await state.existing('objects', repoId, [...named.file.keys()]);
    for (const [id, by] of named.file) {
      if (!objects.has(id)) report('object-without-row', id, `named by the directory ${by}`);
    }
    const trees = await state.existing('trees', repoId, [...named.dir.keys()]);
    for (const [id, by] of named.dir) {
      if (!trees.has(id)) report('tree-missing', id, `named by the directory ${by}`);
    }
  }
  return count;
}

/** The entries of a directory, or what is wrong with it. */
function readTree(id: Id, bytes: Uint8Array): TreeEntry[] | string {
  const hash = treeIdOf(bytes);
  if (hash !== id) return `it hashes to ${hash}`;
  try {
    return decodeTree(bytes);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether each snapshot's id follows from the files that its directories name. */
export async function checkSnapshots(
  repoId: string,
  state: StoredState,
  report: RepoReport,
): Promise<number> {
  let count = 0;
  const walker = new TreeWalker(repoId, state);
  for await (const batch of inBatches(state.snapshots(repoId), SNAPSHOT_BATCH)) {
    count += batch.length;
    const roots = batch.map(({ rootTreeId }) => rootTreeId);
    const there = await state.existing('trees', repoId, roots);
    for (const snapshot of batch) {
      if (!isMap(snapshot.extra)) report('snapshot-damaged', snapshot.id);
      if (!there.has(snapshot.rootTreeId)) {
        report('tree-missing', snapshot.rootTreeId, `the root of snapshot ${snapshot.id}`);
      } else await checkDerivation(snapshot, walker, report);
    }
  }
  return count;
}

async function checkDerivation(
  { id, rootTreeId, entryCount, idVerified }: StoredSnapshot,
  walker: TreeWalker,
  report: RepoReport,
): Promise<void> {
  const found = await walker.derive(rootTreeId);
  if (typeof found === 'string') report('snapshot-mismatch', id, found);
  else if (idVerified && found.snapshotId !== id) {
    report('snapshot-mismatch', id, `its files derive ${found.snapshotId}`);
  } else if (found.files !== entryCount) {
    report('snapshot-mismatch', id, `it has ${found.files} files, its row says ${entryCount}`);
  }
}

function isMap(bytes: Uint8Array): boolean {
  try {
    const value = decodeValue(bytes);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

interface Step {
  prefix: string;
  entries: TreeEntry[];
  next: number;
}

/** Walks the files below a directory in the order of their paths. */
class TreeWalker {
  readonly #kept = new Map<Id, TreeEntry[]>();
  #keptEntries = 0;

  constructor(
    readonly repoId: string,
    readonly state: StoredState,
  ) {}

  /** The id that the files below a root derive, and how many there are; or why there is none. */
  async derive(root: Id): Promise<{ snapshotId: Id; files: number } | string> {
    const hash = createHash('sha256');
    let files = 0;
    let lines: string[] = [];
    const flush = () => {
      if (lines.length > 0) hash.update(lines.join('\0'));
      lines = [];
    };
    const top = await this.#load([root]);
    if (typeof top === 'string') return top;
    const stack: Step[] = [{ prefix: '', entries: top.get(root)!, next: 0 }];
    for (let step = stack.at(-1); step; step = stack.at(-1)) {
      const entry = step.entries[step.next++];
      if (!entry) {
        stack.pop();
        continue;
      }
      if (entry.kind === 'dir') {
        const below = await this.#load(idsOfFolders(step, entry.id));
        if (typeof below === 'string') return below;
        const prefix = `${step.prefix}${entry.name}/`;
        stack.push({ prefix, entries: below.get(entry.id)!, next: 0 });
        continue;
      }
      // An empty text in front makes the NUL between this and what was hashed before.
      if (lines.length === 0 && files > 0) lines.push('');
      lines.push(`${step.prefix}${entry.name}\0${entry.id}`);
      files++;
      if (lines.length >= LINES_PER_UPDATE) flush();
    }
    flush();
    return { snapshotId: hash.digest('hex'), files };
  }

  /** The first of these, and those of the others that were not asked for before. */
  async #load(ids: Id[]): Promise<Map<Id, TreeEntry[]> | string> {
    const [wanted] = ids;
    const kept = this.#kept.get(wanted!);
    if (kept) return new Map([[wanted!, kept]]);
    const missing = ids.filter((id) => !this.#kept.has(id));
    const loaded = await this.state.loadTrees(this.repoId, missing);
    const found = new Map<Id, TreeEntry[]>();
    for (const [id, bytes] of loaded) {
      const entries = readTree(id, bytes);
      // Only what hashes to its id is walked, so that a walk has an end.
      if (typeof entries === 'string') {
        if (id === wanted) return `the directory ${id} is damaged: ${entries}`;
      } else {
        found.set(id, entries);
        this.#keep(id, entries);
      }
    }
    return found.has(wanted!) ? found : `the directory ${wanted} is not stored`;
  }

  #keep(id: Id, entries: TreeEntry[]): void {
    this.#keptEntries += entries.length + 1;
    this.#kept.set(id, entries);
    for (const [oldest, held] of this.#kept) {
      if (this.#keptEntries <= KEPT_ENTRIES_MAX) break;
      this.#kept.delete(oldest);
      this.#keptEntries -= held.length + 1;
    }
  }
}

/** A folder and those after it beside it, up to a bounded number, which will be asked for next. */
function idsOfFolders({ entries, next }: Step, first: Id): Id[] {
  const ids = [first];
  for (let at = next; at < entries.length && ids.length < BATCH; at++) {
    if (entries[at]!.kind === 'dir') ids.push(entries[at]!.id);
  }
  return ids;
}
