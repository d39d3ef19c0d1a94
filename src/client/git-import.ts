import { existsSync, readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { Id } from '~/muse/ids';
import { sha256 } from '~/muse/ids';
import { ClientError, checkInterrupted } from './client-error';
import type { FileWriter } from './file-writer';
import { parseGitCommit } from './git-commit';
import { branchOfCommits, type MadeCommit, makeCommit } from './git-convert';
import { type GitHistory, readGitHistory } from './git-history';
import { GitObjects, git } from './git-objects';
import { GitTrees, type SkippedFile } from './git-trees';
import { inOrder } from './in-parallel';
import { encodeJson } from './json-msgpack';
import type { ManifestFolder } from './manifest-folder';
import { writeSnapshotFile } from './records';
import { commitName, headName, headText, isFree, Repository, snapshotName } from './repository';

export interface ImportProgress {
  commits: number;
  commitsTotal: number;
  objects: number;
  bytes: number;
}

export interface ImportOptions {
  /** A git repository: its work tree or its own folder. */
  gitFolder: string;
  /** Where the Muse repository is, or shall be. */
  into: string;
  signal?: AbortSignal;
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportedBranch {
  name: string;
  head: Id;
  /** `left`: it was moved here since the last import, and stays. */
  state: 'new' | 'updated' | 'rewritten' | 'unchanged' | 'left';
}

export interface ImportReport {
  root: string;
  branches: ImportedBranch[];
  defaultBranch: string;
  commitsNew: number;
  commitsTotal: number;
  snapshotsNew: number;
  objectsNew: number;
  bytesNew: number;
  skippedFiles: SkippedFile[];
  skippedBranches: { name: string; reason: string }[];
  executables: string[];
  tags: string[];
  /** Sentences about what could not be kept as it was. */
  notes: string[];
}

/** Commits whose records are written together, after what they need. */
const BATCH_COMMITS = 1000;
const COMMITS_AHEAD = 8;
const MAP_FILE = 'git-import.json';

interface ImportMap {
  version: 1;
  branches: Record<string, Id>;
  commits: Record<string, Id>;
}

/**
 * Makes a Muse repository of a git repository: every branch, every merge, authors, times with their
 * offset, messages. The same history gives the same ids each time, wherever it is imported; a
 * second import into the same folder adds what is new. The git repository is only read.
 *
 * @throws ClientError `bad-git-repository`, `folder-in-use`, `interrupted` …; what was written until
 *   then is whole, and no branch has moved
 */
export async function importGit(options: ImportOptions): Promise<ImportReport> {
  const history = await readGitHistory(options.gitFolder);
  const format = (await git(options.gitFolder, ['rev-parse', '--show-object-format']))
    .toString()
    .trim();
  const objects = new GitObjects(options.gitFolder);
  try {
    const repository = await openTarget(options.into, history, objects);
    return await repository.write(async (writer) => {
      const trees = new GitTrees(objects, repository, writer, format === 'sha256' ? 32 : 20);
      return new Import(options, repository, writer, history, objects, trees).run();
    });
  } finally {
    await objects.close();
  }
}

/** The repository to write into: one made by an import before, one without commits, or a new one. */
async function openTarget(
  into: string,
  history: GitHistory,
  objects: GitObjects,
): Promise<Repository> {
  const root = path.resolve(into);
  if (Repository.isAt(root)) {
    const repository = Repository.open(root);
    const imported = existsSync(path.join(repository.folder, MAP_FILE));
    if (!imported && repository.branches().heads.size > 0) {
      throw new ClientError(
        'folder-in-use',
        `${root} holds a Muse repository with commits of its own.`,
        {
          fix: 'Name another folder with --into.',
        },
      );
    }
    return repository;
  }
  if (!isFree(root) && !existsSync(path.join(root, '.git'))) {
    throw new ClientError('folder-in-use', `${root} exists and is not an empty folder.`, {
      fix: 'Name another folder with --into.',
    });
  }
  const first = await rootCommit(history, objects);
  await fs.mkdir(root, { recursive: true });
  return Repository.init(root, {
    repoId: repositoryId(first.id),
    branch: history.defaultBranch,
    createdAt: first.committedAt,
  });
}

/** The first commit of the default branch: what makes a history this one and no other. */
async function rootCommit(
  history: GitHistory,
  objects: GitObjects,
): Promise<{ id: string; committedAt: string }> {
  const parents = new Map(history.commits.map((commit) => [commit.id, commit.parents]));
  let id = history.heads.get(history.defaultBranch)!;
  for (let up = parents.get(id)?.[0]; up !== undefined; up = parents.get(id)?.[0]) id = up;
  const commit = parseGitCommit(id, await objects.read(id, 'commit'));
  if (commit === null) throw notACommit(id);
  return {
    id,
    committedAt: makeCommit(commit, { parents: [], snapshotId: '', repoId: '', branch: '' })
      .committedAt,
  };
}

/** A UUID that follows from the first commit, so that each import makes the same records. */
function repositoryId(rootId: string): string {
  const hex = sha256(`git ${rootId}`);
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

class Import {
  readonly #options: ImportOptions;
  readonly #repository: Repository;
  readonly #writer: FileWriter;
  readonly #history: GitHistory;
  readonly #objects: GitObjects;
  readonly #trees: GitTrees;
  readonly #map: ImportMap;
  /** Muse ids of git commits. */
  readonly #ids: Map<string, Id>;
  readonly #made = new Set<Id>();
  readonly #snapshots = new Map<ManifestFolder, Id>();
  readonly #notes = new Map<string, number>();
  #snapshotsNew = 0;
  #commitsNew = 0;

  constructor(
    options: ImportOptions,
    repository: Repository,
    writer: FileWriter,
    history: GitHistory,
    objects: GitObjects,
    trees: GitTrees,
  ) {
    this.#options = options;
    this.#repository = repository;
    this.#writer = writer;
    this.#history = history;
    this.#objects = objects;
    this.#trees = trees;
    this.#map = readMap(repository);
    this.#ids = new Map(
      Object.entries(this.#map.commits).filter(([, id]) => repository.hasCommit(id)),
    );
  }

  async run(): Promise<ImportReport> {
    const { commits } = this.#history;
    const open = commits.filter((commit) => !this.#ids.has(commit.id));
    const branchOf = branchOfCommits(this.#history);
    const { repoId } = this.#repository.info();
    let batch: MadeCommit[] = [];
    const read = inOrder(
      open,
      COMMITS_AHEAD,
      COMMITS_AHEAD,
      () => 1,
      async ({ id, parents }) => {
        const commit = parseGitCommit(id, await this.#objects.read(id, 'commit'));
        if (commit === null) throw notACommit(id);
        return { commit, parents, manifest: await this.#trees.manifest(commit.tree) };
      },
    );
    for await (const { commit, parents, manifest } of read) {
      checkInterrupted(this.#options.signal);
      const made = makeCommit(commit, {
        parents: parents.map((parent) => this.#ids.get(parent)!),
        snapshotId: this.#snapshotId(manifest),
        repoId,
        branch: branchOf.get(commit.id) ?? this.#history.defaultBranch,
      });
      for (const note of made.notes) this.#note(note);
      this.#snapshot(made, manifest);
      this.#ids.set(commit.id, made.id);
      if (this.#made.has(made.id)) this.#note(SAME_ID);
      else batch.push(made);
      this.#made.add(made.id);
      if (batch.length === BATCH_COMMITS) {
        await this.#writeCommits(batch);
        batch = [];
      }
      this.#options.onProgress?.({
        commits: commits.length - open.length + this.#made.size,
        commitsTotal: commits.length,
        objects: this.#trees.objectsNew,
        bytes: this.#trees.bytesNew,
      });
    }
    await this.#writeCommits(batch);
    const branches = this.#moveBranches();
    return this.#report(branches);
  }

  #snapshotId(manifest: ManifestFolder): Id {
    let id = this.#snapshots.get(manifest);
    if (id === undefined) {
      id = manifest.snapshotId();
      // Only the last few can come again: a folder that is not remembered is another value.
      if (this.#snapshots.size > 100) this.#snapshots.clear();
      this.#snapshots.set(manifest, id);
    }
    return id;
  }

  #snapshot(commit: MadeCommit, manifest: ManifestFolder): void {
    const id = commit.snapshotId;
    if (this.#repository.hasSnapshot(id)) return;
    const extra = encodeJson(new Map([['created_at', commit.committedAt]]));
    this.#writer.put(snapshotName(id), writeSnapshotFile(id, manifest, extra, 'bare'));
    this.#snapshotsNew++;
  }

  async #writeCommits(batch: MadeCommit[]): Promise<void> {
    await this.#writer.flush();
    for (const commit of batch) {
      if (this.#repository.hasCommit(commit.id)) continue;
      this.#writer.put(commitName(commit.id), commit.text);
      this.#commitsNew++;
    }
    await this.#writer.flush();
  }

  #moveBranches(): ImportedBranch[] {
    const branches: ImportedBranch[] = [];
    const before = this.#repository.branches().heads;
    const ancestors = new Ancestors(this.#history, this.#ids);
    for (const [name, gitHead] of this.#history.heads) {
      const head = this.#ids.get(gitHead)!;
      const old = before.get(name) ?? null;
      const imported = this.#map.branches[name] ?? null;
      let state: ImportedBranch['state'];
      if (old === head) state = 'unchanged';
      else if (old === null) state = 'new';
      else if (old !== imported) state = 'left';
      else state = ancestors.reaches(gitHead, old) ? 'updated' : 'rewritten';
      if (state !== 'unchanged' && state !== 'left') this.#writer.put(headName(name), head);
      if (state !== 'left') this.#map.branches[name] = head;
      branches.push({ name, head: state === 'left' ? old! : head, state });
    }
    if (before.size === 0) this.#writer.put('HEAD', headText(this.#history.defaultBranch));
    this.#map.commits = Object.fromEntries(this.#ids);
    this.#writer.put(MAP_FILE, `${JSON.stringify(this.#map)}\n`);
    return branches;
  }

  #note(note: string): void {
    this.#notes.set(note, (this.#notes.get(note) ?? 0) + 1);
  }

  #report(branches: ImportedBranch[]): ImportReport {
    const { skippedBranches, tags, shallow, defaultBranch, commits } = this.#history;
    const notes = [...this.#notes].map(([note, count]) => `${count} × ${note}`);
    if (shallow) notes.push('the git repository is shallow: the history begins where it was cut');
    return {
      root: this.#repository.root,
      branches,
      defaultBranch,
      commitsNew: this.#commitsNew,
      commitsTotal: commits.length,
      snapshotsNew: this.#snapshotsNew,
      objectsNew: this.#trees.objectsNew,
      bytesNew: this.#trees.bytesNew,
      skippedFiles: this.#trees.skipped,
      skippedBranches,
      executables: this.#trees.executables,
      tags,
      notes,
    };
  }
}

const SAME_ID =
  'a commit differs from another in what the id does not cover (author, committer): both are one here';

/** Whether one commit reaches another, over the graph of git. */
class Ancestors {
  readonly #parents: Map<string, string[]>;
  readonly #ids: Map<string, Id>;

  constructor(history: GitHistory, ids: Map<string, Id>) {
    this.#parents = new Map(history.commits.map((commit) => [commit.id, commit.parents]));
    this.#ids = ids;
  }

  reaches(from: string, ancestor: Id): boolean {
    const seen = new Set([from]);
    for (const id of seen) {
      if (this.#ids.get(id) === ancestor) return true;
      for (const parent of this.#parents.get(id) ?? []) seen.add(parent);
    }
    return false;
  }
}

function readMap(repository: Repository): ImportMap {
  const file = path.join(repository.folder, MAP_FILE);
  if (!existsSync(file)) return { version: 1, branches: {}, commits: {} };
  try {
    const map = JSON.parse(readFileSync(file, 'utf8')) as ImportMap;
    if (map.version !== 1 || typeof map.commits !== 'object' || typeof map.branches !== 'object') {
      throw new Error('it has another form');
    }
    return map;
  } catch (error) {
    throw new ClientError('repository-damaged', `${file}: ${(error as Error).message}`, {
      fix: 'Remove the file: the import then reads everything again, with the same ids.',
      cause: error,
    });
  }
}

function notACommit(id: string): ClientError {
  return new ClientError('bad-git-repository', `The git object ${id} is not a commit.`);
}
