import { isAscii } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { type Id, objectIdOf, parseId } from '~/muse/ids';
import type { SnapshotRecord } from '~/wire/frames';
import { type BranchRefs, readBranchRef, readBranchRefs } from './branch-refs';
import { ClientError, errnoOf, fileError } from './client-error';
import { DeltaIndex } from './delta-index';
import { FileWriter, removeLeftovers } from './file-writer';
import {
  type LocalCommit,
  readCommitText,
  readSnapshotParts,
  readSnapshotText,
  type SnapshotParts,
} from './records';
import { NEW_CONFIG, type Remote, remotesOf, withRemote } from './repository-config';
import { SnapshotLineReader } from './snapshot-lines';

const MUSE = '.muse';
/** The layout of a `.muse` folder that is read and written here, by the public CLI's number. */
const SCHEMA_VERSION = '0.1.5';
const READ_HERE_BYTES = 64 * 1024;

export interface RepositoryInfo {
  repoId: string;
  domain: string;
}

/** What HEAD says: a branch, which need not have a commit yet, or a commit. */
export type Head = { branch: string } | { commit: Id };

export const objectName = (id: Id) => `objects/${id.slice(0, 2)}/${id.slice(2)}`;
export const snapshotName = (id: Id) => `snapshots/${id}.json`;
export const commitName = (id: Id) => `commits/${id}.json`;
export const headName = (branch: string) => `refs/heads/${branch}`;
export const remoteHeadName = (remote: string, branch: string) => `remotes/${remote}/${branch}`;

/**
 * A repository on disk, in the layout of the public `muse` CLI: the files, and beside them the
 * folder `.muse`. Everything that is read under an id is checked against it. Whoever writes takes a
 * `writer` and keeps this order: objects, snapshots, commits parents first, flush, refs, flush. So
 * nothing ever refers to what is not there, and a commit that is there has all it needs.
 */
export class Repository {
  /** The folder of the files. */
  readonly root: string;
  /** The folder `.muse`. */
  readonly folder: string;
  /** Differences between snapshots that were found before. */
  readonly deltas: DeltaIndex;
  /** Snapshot files as lines, for the differences that were not found before. */
  readonly lines: SnapshotLineReader;

  private constructor(root: string) {
    this.root = root;
    this.folder = path.join(root, MUSE);
    this.deltas = new DeltaIndex(this.folder, (id) => stampOf(this.#path(snapshotName(id))));
    this.lines = new SnapshotLineReader((id) => this.#path(snapshotName(id)));
  }

  /** The repository that a folder is in: its own `.muse`, or that of the nearest folder above. */
  static find(start: string): Repository {
    const first = path.resolve(start);
    for (let at = first; ; at = path.dirname(at)) {
      if (isRepository(at)) return new Repository(at);
      if (path.dirname(at) === at) break;
    }
    throw new ClientError(
      'not-a-repository',
      `There is no Muse repository in ${first} or above it.`,
    );
  }

  /** The repository of exactly this folder. */
  static open(root: string): Repository {
    if (isRepository(root)) return new Repository(path.resolve(root));
    throw new ClientError(
      'not-a-repository',
      `There is no Muse repository in ${path.resolve(root)}.`,
    );
  }

  static isAt(root: string): boolean {
    return isRepository(root);
  }

  /** Makes the `.muse` folder of a new, empty repository in a folder that has none. */
  static async init(
    root: string,
    info: { repoId?: string; domain?: string; branch: string; createdAt?: string },
  ): Promise<Repository> {
    const repository = new Repository(path.resolve(root));
    if (existsSync(repository.folder)) {
      throw new ClientError('folder-in-use', `${repository.folder} is there already.`);
    }
    const record = {
      repo_id: info.repoId ?? randomUUID(),
      schema_version: SCHEMA_VERSION,
      created_at: info.createdAt ?? isoNow(),
      domain: info.domain ?? 'code',
    };
    for (const name of ['objects', 'commits', 'snapshots', 'refs/heads']) {
      await fs.mkdir(path.join(repository.folder, name), { recursive: true });
    }
    await repository.write(async (writer) => {
      writer.put('config.toml', NEW_CONFIG);
      writer.put('HEAD', headText(info.branch));
      await writer.flush();
      writer.put('repo.json', `${JSON.stringify(record, null, 2)}\n`);
    });
    return repository;
  }

  /** `repo.json`. */
  info(): RepositoryInfo {
    const file = this.#path('repo.json');
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      throw damaged(file, (error as Error).message);
    }
    const { repo_id: repoId, domain } = (value ?? {}) as Record<string, unknown>;
    if (typeof repoId !== 'string') throw damaged(file, 'it has no repo_id');
    return { repoId, domain: typeof domain === 'string' ? domain : 'code' };
  }

  /** Where HEAD points. */
  head(): Head {
    const file = this.#path('HEAD');
    let text: string;
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw damaged(file, (error as Error).message);
    }
    const branch = /^(?:ref: *)?refs\/heads\/(.+)$/.exec(text)?.[1];
    if (branch !== undefined) return { branch };
    const commit = parseId(text.replace(/^commit: */, ''));
    if (commit === null) throw damaged(file, 'it names neither a branch nor a commit');
    return { commit: commit.id };
  }

  /** Heads of the branches of this repository. */
  branches(): BranchRefs {
    return readBranchRefs(this.#path('refs/heads'));
  }

  branch(name: string): Id | null {
    return readBranchRef(this.#path('refs/heads'), name);
  }

  /** Heads that a remote's branches had when it was last pushed to or fetched from. */
  remoteHeads(remote: string): BranchRefs {
    return readBranchRefs(this.#path(`remotes/${remote}`));
  }

  /** The head that one branch of a remote had then; null when it had none. */
  remoteHead(remote: string, branch: string): Id | null {
    return readBranchRef(this.#path(`remotes/${remote}`), branch);
  }

  remotes(): Remote[] {
    return remotesOf(this.#configText(), this.#path('config.toml'));
  }

  async setRemote(remote: Remote & { branch?: string }): Promise<void> {
    const text = withRemote(this.#configText(), remote, this.#path('config.toml'));
    await this.write((writer) => writer.put('config.toml', text));
  }

  hasCommit(id: Id): boolean {
    return existsSync(this.#path(commitName(id)));
  }

  /** A commit record, its id checked; null when it is not there. */
  readCommit(id: Id): LocalCommit | null {
    const text = this.#text(commitName(id));
    return text === null ? null : readCommitText(text, id, this.#path(commitName(id)));
  }

  /** A commit record that must be there. */
  commit(id: Id): LocalCommit {
    const commit = this.readCommit(id);
    if (commit === null) throw damaged(this.#path(commitName(id)), 'the commit is missing');
    return commit;
  }

  hasSnapshot(id: Id): boolean {
    return existsSync(this.#path(snapshotName(id)));
  }

  /** A snapshot record that must be there, its id checked. */
  snapshot(id: Id): SnapshotRecord {
    return readSnapshotText(this.#snapshotText(id), id, this.#path(snapshotName(id)));
  }

  /**
   * A snapshot that must be there, read for its differences from another one: its id is not
   * checked, since whoever it is sent to does that.
   */
  snapshotParts(id: Id): SnapshotParts {
    return readSnapshotParts(this.#snapshotText(id), id, this.#path(snapshotName(id)));
  }

  #snapshotText(id: Id): string {
    const text = this.#text(snapshotName(id));
    if (text === null) throw damaged(this.#path(snapshotName(id)), 'the snapshot is missing');
    return text;
  }

  objectPath(id: Id): string {
    return this.#path(objectName(id));
  }

  hasObject(id: Id): boolean {
    return existsSync(this.objectPath(id));
  }

  /** Bytes of an object; null when it is not there. */
  objectSize(id: Id): number | null {
    return statSync(this.objectPath(id), { throwIfNoEntry: false })?.size ?? null;
  }

  /** A whole object, its id checked. Small ones are read in this thread, which is quicker. */
  async readObject(id: Id, bytes: number): Promise<Buffer> {
    const file = this.objectPath(id);
    let content: Buffer;
    try {
      content = bytes <= READ_HERE_BYTES ? readFileSync(file) : await fs.readFile(file);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw damaged(file, 'the object is missing');
      throw fileError(error, `read ${file}`);
    }
    if (objectIdOf(content) !== id) throw damaged(file, 'the object does not hash to its id');
    return content;
  }

  /** Runs `work` with a writer into `.muse`; what it wrote is flushed when it returns. */
  async write<T>(work: (writer: FileWriter) => Promise<T> | T): Promise<T> {
    removeLeftovers(this.folder);
    const writer = new FileWriter(this.folder);
    try {
      const result = await work(writer);
      await writer.flush();
      return result;
    } catch (error) {
      throw fileError(error, `write into ${this.folder}`);
    } finally {
      writer.close();
    }
  }

  #path(name: string): string {
    return `${this.folder}/${name}`;
  }

  #configText(): string {
    return this.#text('config.toml') ?? '';
  }

  #text(name: string): string | null {
    const file = this.#path(name);
    try {
      const bytes = readFileSync(file);
      return isAscii(bytes) ? bytes.toString('latin1') : utf8.decode(bytes);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      if (error instanceof TypeError) throw damaged(file, 'it is not UTF-8 text');
      throw fileError(error, `read ${file}`);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of HEAD for a branch. */
export function headText(branch: string): string {
  return `ref: refs/heads/${branch}\n`;
}

/** Whether a folder does not exist, or exists and is empty. */
export function isFree(folder: string): boolean {
  const there = lstatSync(folder, { throwIfNoEntry: false });
  return there === undefined || (there.isDirectory() && readdirSync(folder).length === 0);
}

function isRepository(root: string): boolean {
  return (
    statSync(path.join(root, MUSE), { throwIfNoEntry: false })?.isDirectory() === true &&
    existsSync(path.join(root, MUSE, 'repo.json'))
  );
}

/** Size and time of a file; null when it is not there. */
function stampOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.size}-${stat.mtimeMs}`;
}

/** Now, in the form in which records have times. */
function isoNow(): string {
  return new Date().toISOString().replace('Z', '000+00:00');
}

function damaged(file: string, reason: string): ClientError {
  return new ClientError('repository-damaged', `${file}: ${reason}`, { detail: { file } });
}
