import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Id } from './ids';
import { applyChange, planChange } from './manifest-change';
import { Directory, LineWriter } from './manifest-directory';
import { isProblem, type Problem, problem } from './problem';
import { asBuffer, decodeName, entriesOf, KIND_DIR, newSpan, readEntry, treeIdOf } from './tree';

/** What a manifest may take; each has its unit in its name. */
export interface ManifestLimits {
  maxEntries: number;
  /** Paths of a few bytes per segment would else cost a directory for every two bytes sent. */
  maxDirectories: number;
  /** Bytes that a snapshot id is the hash of. */
  maxTextBytes: number;
}

export const DEFAULT_MANIFEST_LIMITS: Readonly<ManifestLimits> = Object.freeze({
  maxEntries: 100_000,
  maxDirectories: 200_000,
  maxTextBytes: 64 * 1024 ** 2,
});

/** Ids asked of `loadTrees` at once. */
const LOAD_BATCH_IDS = 5_000;

export interface ManifestChange {
  add: Iterable<readonly [path: string, objectId: Id]>;
  remove: Iterable<string>;
}

/**
 * The manifest of one snapshot as a tree of directories. It never changes; `apply` makes another
 * one that shares every directory it did not touch, so that a version costs what it changed.
 */
export class ManifestTree {
  #root: Directory;
  #snapshotId: Id | null = null;

  private constructor(root: Directory) {
    this.#root = root;
  }

  /** The manifest without files. */
  static empty(): ManifestTree {
    return new ManifestTree(Directory.empty());
  }

  /** Builds a manifest from its files in any order; problems as for `apply`. */
  static build(
    entries: Iterable<readonly [path: string, objectId: Id]>,
    limits: ManifestLimits = DEFAULT_MANIFEST_LIMITS,
  ): ManifestTree | Problem {
    return ManifestTree.empty().apply({ add: entries, remove: [] }, limits);
  }

  /**
   * Reads a stored manifest, level by level, each level in as few calls as its size allows. Throws
   * when a directory is missing or damaged: what was stored is at fault, not a peer.
   */
  static async load(
    rootTreeId: Id,
    loadTrees: (ids: Id[]) => Promise<Map<Id, Uint8Array>>,
  ): Promise<ManifestTree> {
    const trees = new Map<Id, StoredTree>();
    for (let level = [rootTreeId]; level.length > 0; ) {
      const next = new Set<Id>();
      for (let i = 0; i < level.length; i += LOAD_BATCH_IDS) {
        const batch = level.slice(i, i + LOAD_BATCH_IDS);
        const loaded = await loadTrees(batch);
        for (const id of batch) {
          const tree = checkStored(id, loaded.get(id));
          trees.set(id, tree);
          for (const [, child] of tree.children) next.add(child);
        }
      }
      level = [...next].filter((id) => !trees.has(id));
    }
    return new ManifestTree(assemble(rootTreeId, trees, 0));
  }

  /**
   * Removes and adds files (an added path that is there is replaced). Removals come first, so that
   * a file may become a directory.
   *
   * @returns the new manifest, or `bad-path` for a path that is not allowed, is named twice, is
   * removed but not there, or would be a file and a directory at once; `limit-exceeded`.
   */
  apply(
    change: ManifestChange,
    limits: ManifestLimits = DEFAULT_MANIFEST_LIMITS,
  ): ManifestTree | Problem {
    const plan = planChange(change.add, change.remove, limits.maxDirectories * 2);
    if (isProblem(plan)) return plan;
    const root = applyChange(this.#root, plan, '', 0);
    if (isProblem(root)) return root;
    if (root === this.#root) return this;
    const after = root ?? Directory.empty();
    return checkLimits(after, limits) ?? new ManifestTree(after);
  }

  /** The id of the snapshot (docs/protocol.md §1). */
  snapshotId(): Id {
    if (this.#snapshotId === null) {
      const hash = createHash('sha256');
      const writer = LineWriter.forHash(hash);
      this.#root.writeText(writer, true);
      writer.flush();
      this.#snapshotId = hash.digest('hex');
    }
    return this.#snapshotId;
  }

  get rootTreeId(): Id {
    return this.#root.id;
  }

  get entryCount(): number {
    return this.#root.fileCount;
  }

  /** Bytes it keeps in memory, at most: directories shared with another manifest count in both. */
  get approxBytes(): number {
    return this.#root.heldBytes + this.#root.textBytes;
  }

  /** The id of the file at a path; null when there is none. */
  get(path: string): Id | null {
    let directory: Directory | undefined = this.#root;
    let start = 0;
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', start)) {
      directory = directory.children.get(path.slice(start, slash));
      if (!directory) return null;
      start = slash + 1;
    }
    return directory.fileId(Buffer.from(path.slice(start), 'utf8'));
  }

  /** Every file with its object, in byte order of the paths. */
  *entries(): Generator<[path: string, objectId: Id], void> {
    interface Level {
      directory: Directory;
      prefix: string;
      at: number;
      children: Iterator<[string, Directory]>;
    }
    const open = (directory: Directory, prefix: string): Level => ({
      directory,
      prefix,
      at: 1,
      children: directory.children.entries(),
    });
    const stack = [open(this.#root, '')];
    const span = newSpan();
    for (let level = stack.at(-1); level; level = stack.at(-1)) {
      const { bytes } = level.directory;
      if (level.at >= bytes.length) {
        stack.pop();
        continue;
      }
      readEntry(bytes, level.at, span);
      level.at = span.end;
      if (span.kind === KIND_DIR) {
        const [name, child] = level.children.next().value as [string, Directory];
        stack.push(open(child, `${level.prefix}${name}/`));
      } else {
        const name = bytes.toString('utf8', span.nameStart, span.nameEnd);
        yield [level.prefix + name, bytes.toString('hex', span.nameEnd, span.end)];
      }
    }
  }

  /**
   * The directories that are not `seen`, each once. Below a seen directory nothing is looked at: who
   * has stored a directory has stored all below it.
   */
  *newTrees(seen: (id: Id) => boolean): Generator<{ id: Id; bytes: Uint8Array }, void> {
    const given = new Set<Id>();
    const waiting = [this.#root];
    for (let directory = waiting.pop(); directory; directory = waiting.pop()) {
      if (given.has(directory.id) || seen(directory.id)) continue;
      given.add(directory.id);
      yield { id: directory.id, bytes: directory.bytes };
      waiting.push(...directory.children.values());
    }
  }
}

function checkLimits(root: Directory, limits: ManifestLimits): Problem | null {
  const over = (limit: string, max: number) => problem('limit-exceeded', { limit, max });
  if (root.fileCount > limits.maxEntries) return over('snapshot_max_entries', limits.maxEntries);
  if (root.directoryCount > limits.maxDirectories)
    return over('snapshot_max_directories', limits.maxDirectories);
  if (root.textBytes > limits.maxTextBytes)
    return over('snapshot_max_text_bytes', limits.maxTextBytes);
  return null;
}

interface StoredTree {
  bytes: Buffer;
  children: [name: string, id: Id][];
}

/** A tree that hashes to its id is one that was checked when it was made; its order is looked at anyway. */
function checkStored(id: Id, stored: Uint8Array | undefined): StoredTree {
  if (!stored) throw new Error(`tree ${id} is missing`);
  const bytes = asBuffer(stored);
  if (treeIdOf(bytes) !== id) throw new Error(`tree ${id} is damaged: it hashes to another id`);
  const children: [string, Id][] = [];
  for (const span of entriesOf(bytes)) {
    if (span.kind !== KIND_DIR) continue;
    const name = decodeName(bytes, span.nameStart, span.nameEnd);
    children.push([name, bytes.toString('hex', span.nameEnd, span.end)]);
  }
  return { bytes, children };
}

/** Puts loaded directories in their places; one that stands in two places becomes two. */
function assemble(id: Id, trees: ReadonlyMap<Id, StoredTree>, prefixBytes: number): Directory {
  const tree = trees.get(id)!;
  const children = new Map<string, Directory>();
  for (const [name, child] of tree.children) {
    const below = prefixBytes + Buffer.byteLength(name, 'utf8') + 1;
    children.set(name, assemble(child, trees, below));
  }
  return new Directory(tree.bytes, children, prefixBytes);
}
