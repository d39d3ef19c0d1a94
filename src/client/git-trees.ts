import { createHash } from 'node:crypto';
import { type Id, objectIdOf } from '~/muse/ids';
import { checkPath } from '~/muse/paths';
import { ClientError } from './client-error';
import type { FileWriter } from './file-writer';
import type { GitObjects } from './git-objects';
import { ManifestFolder } from './manifest-folder';
import { objectName, type Repository } from './repository';

/** What of a git repository has no place in a Muse one. */
export interface SkippedFile {
  path: string;
  reason: string;
}

/** Files in folders that are remembered, in each of two generations. */
const FILES_REMEMBERED = 200_000;

/**
 * Turns trees and blobs of git into manifests and objects. Every blob is read and hashed once, and
 * a tree that was seen at the same place is not read again, so that a line of commits costs what
 * they changed.
 */
export class GitTrees {
  readonly #objects: GitObjects;
  readonly #repository: Repository;
  readonly #writer: FileWriter;
  readonly #idBytes: number;
  readonly #blobs = new Map<string, Id | Promise<Id>>();
  readonly #reading = new Map<string, Promise<ManifestFolder>>();
  #young = new Map<string, ManifestFolder>();
  #old = new Map<string, ManifestFolder>();
  #youngFiles = 0;
  readonly #skipped = new Map<string, SkippedFile>();
  readonly #executables = new Set<string>();
  /** Objects that were not in the repository before. */
  objectsNew = 0;
  bytesNew = 0;

  /** @param idBytes 20 for a repository of SHA-1, 32 for one of SHA-256 */
  constructor(objects: GitObjects, repository: Repository, writer: FileWriter, idBytes: number) {
    this.#objects = objects;
    this.#repository = repository;
    this.#writer = writer;
    this.#idBytes = idBytes;
  }

  get skipped(): SkippedFile[] {
    return [...this.#skipped.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Paths that git would make executable; a Muse repository keeps content only. */
  get executables(): string[] {
    return [...this.#executables].sort();
  }

  /** The manifest of a commit's tree; its objects are written when this returns. */
  manifest(tree: string): Promise<ManifestFolder> {
    return this.#folder(tree, '');
  }

  async #folder(tree: string, prefix: string): Promise<ManifestFolder> {
    const key = `${tree} ${prefix}`;
    const known = this.#young.get(key) ?? this.#old.get(key);
    if (known !== undefined) {
      this.#remember(key, known);
      return known;
    }
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#readFolder(tree, prefix);
      this.#reading.set(key, reading);
      try {
        this.#remember(key, await reading);
      } finally {
        this.#reading.delete(key);
      }
    }
    return reading;
  }

  #remember(key: string, folder: ManifestFolder): void {
    if (this.#young.has(key)) return;
    this.#young.set(key, folder);
    this.#youngFiles += folder.files.size + 1;
    if (this.#youngFiles > FILES_REMEMBERED) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngFiles = 0;
    }
  }

  async #readFolder(tree: string, prefix: string): Promise<ManifestFolder> {
    const bytes = await this.#objects.read(tree, 'tree');
    const files: [string, Id | Promise<Id>][] = [];
    const folders: [string, Promise<ManifestFolder>][] = [];
    for (const { mode, nameBytes, id } of this.#entries(bytes, tree)) {
      const name = nameBytes.toString('utf8');
      const path = prefix + name;
      const reason = checkEntry(mode, nameBytes, name, path);
      if (reason !== null) {
        this.#skipped.set(`${path}\0${reason}`, { path, reason });
      } else if (mode === MODE_FOLDER) folders.push([name, this.#folder(id, `${path}/`)]);
      else {
        if ((mode & 0o111) !== 0) this.#executables.add(path);
        files.push([name, this.#blob(id)]);
      }
    }
    const read = await Promise.all(folders.map(([, folder]) => folder));
    const kept = new Map<string, ManifestFolder>();
    for (const [i, folder] of read.entries()) {
      if (folder.fileCount > 0) kept.set(folders[i]![0], folder);
    }
    const ids = new Map<string, Id>();
    for (const [name, id] of files) ids.set(name, typeof id === 'string' ? id : await id);
    return new ManifestFolder(prefix, ids, kept);
  }

  *#entries(
    bytes: Buffer,
    tree: string,
  ): Generator<{ mode: number; nameBytes: Buffer; id: string }> {
    for (let at = 0; at < bytes.length; ) {
      const space = bytes.indexOf(0x20, at);
      const nul = bytes.indexOf(0, space);
      const end = nul + 1 + this.#idBytes;
      if (space === -1 || nul === -1 || end > bytes.length) {
        throw new ClientError('bad-git-repository', `The git tree ${tree} is damaged.`);
      }
      yield {
        mode: Number.parseInt(bytes.toString('latin1', at, space), 8),
        nameBytes: bytes.subarray(space + 1, nul),
        id: bytes.toString('hex', nul + 1, end),
      };
      at = end;
    }
  }

  #blob(id: string): Id | Promise<Id> {
    let blob = this.#blobs.get(id);
    if (blob === undefined) {
      blob = this.#readBlob(id);
      this.#blobs.set(id, blob);
    }
    return blob;
  }

  async #readBlob(blob: string): Promise<Id> {
    let id: Id = '';
    await this.#objects.readBlob(blob, {
      whole: (bytes) => {
        id = objectIdOf(bytes);
        if (this.#count(id, bytes.length)) this.#writer.put(objectName(id), bytes);
      },
      pieces: async (pieces) => {
        id = await this.#writeLarge(pieces);
      },
    });
    this.#blobs.set(blob, id);
    return id;
  }

  async #writeLarge(pieces: AsyncIterable<Buffer>): Promise<Id> {
    const hash = createHash('sha256');
    let size = 0;
    let id: Id = '';
    const hashed = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of pieces) {
        hash.update(piece);
        size += piece.length;
        yield piece;
      }
      id = hash.digest('hex');
    };
    await this.#writer.putPieces(hashed(), () => (this.#count(id, size) ? objectName(id) : null));
    return id;
  }

  /** Whether an object is new to the repository; then it counts. */
  #count(id: Id, bytes: number): boolean {
    if (this.#repository.hasObject(id)) return false;
    this.objectsNew++;
    this.bytesNew += bytes;
    return true;
  }
}

const MODE_FOLDER = 0o040000;
const MODE_LINK = 0o120000;
const MODE_SUBMODULE = 0o160000;
const MODE_KIND = 0o170000;

/** Why an entry of a tree is left out; null when it is taken. */
function checkEntry(mode: number, nameBytes: Buffer, name: string, path: string): string | null {
  const kind = mode & MODE_KIND;
  if (kind === MODE_LINK) return 'is a symbolic link';
  if (kind === MODE_SUBMODULE) return 'is a submodule';
  if (name.includes('\ufffd') && !Buffer.from(name).equals(nameBytes)) return 'is not UTF-8';
  return checkPath(path);
}
