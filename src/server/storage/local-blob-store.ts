import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobMissing, type BlobStore, checkBlobKey } from '../ports/blob-store';
import { refuseWhenFull, systemCode } from './file-errors';
import { FolderSync } from './folder-sync';
import { OpenFiles } from './open-files';

/** The calls into the operating system; a test may put its own in between. */
export type Files = Pick<
  typeof nodeFiles,
  'link' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'unlink'
>;

const TEMPORARY_FOLDER = 'tmp';
const PROBE_FOLDER = 'check';
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OPEN_FILES_MAX = 64;
const KNOWN_FOLDERS_MAX = 10_000;
const DELETES_AT_ONCE = 8;

/**
 * Blobs as files: the key is the path below the root.
 *
 * A put survives a power cut because of its order: the bytes go to a temporary file and are fsynced
 * there; only then does `link` give them their name, which fails if the name is taken; then the
 * folder is fsynced, and it was itself fsynced into its parent before. Whatever the moment of a
 * crash, a name either does not exist or has all its bytes.
 */
export class LocalBlobStore implements BlobStore {
  readonly #root: string;
  readonly #files: Files;
  readonly #openFiles: OpenFiles;
  readonly #folderSync: FolderSync;
  /** Folders that exist and whose entry in their parent is on disk. */
  readonly #folders = new Map<string, Promise<void>>();

  constructor(options: { root: string; openFilesMax?: number; files?: Files }) {
    this.#root = options.root;
    this.#files = options.files ?? nodeFiles;
    this.#openFiles = new OpenFiles(
      (path) => this.#files.open(path, 'r'),
      options.openFilesMax ?? OPEN_FILES_MAX,
    );
    this.#folderSync = new FolderSync((folder) => this.#fsyncFolder(folder));
  }

  async put(key: string, parts: Uint8Array[], options: { signal?: AbortSignal } = {}) {
    const path = this.#pathOf(key);
    const { signal } = options;
    try {
      const temporary = await this.#writeTemporary(parts, signal);
      try {
        signal?.throwIfAborted();
        await this.#link(temporary, path);
      } catch (error) {
        await this.#unlinkTemporary(temporary);
        throw error;
      }
      await Promise.all([this.#folderSync.sync(dirname(path)), this.#unlinkTemporary(temporary)]);
    } catch (error) {
      throw refuseWhenFull(error);
    }
  }

  async read(
    key: string,
    offset: number,
    length: number,
    options: { signal?: AbortSignal } = {},
  ): Promise<Buffer> {
    const path = this.#pathOf(key);
    options.signal?.throwIfAborted();
    try {
      return await this.#openFiles.use(path, async ({ handle, bytes }) => {
        if (offset + length > bytes) throw new BlobMissing(key);
        const buffer = Buffer.allocUnsafe(length);
        for (let filled = 0; filled < length; ) {
          options.signal?.throwIfAborted();
          const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
          if (bytesRead === 0) throw new BlobMissing(key);
          filled += bytesRead;
        }
        return buffer;
      });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw new BlobMissing(key, { cause: error });
      throw error;
    }
  }

  /** Not fsynced: a blob that comes back after a power cut is garbage that the next sweep finds. */
  async delete(keys: string[], options: { signal?: AbortSignal } = {}): Promise<void> {
    const paths = keys.map((key) => this.#pathOf(key));
    for (let at = 0; at < paths.length; at += DELETES_AT_ONCE) {
      options.signal?.throwIfAborted();
      await Promise.all(
        paths.slice(at, at + DELETES_AT_ONCE).map(async (path) => {
          this.#openFiles.drop(path);
          await this.#unlinkIfThere(path);
        }),
      );
    }
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; bytes: number; modifiedAt: Date }> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    yield* this.#listFolder(folder, prefix);
  }

  async removeLeftovers(before: Date): Promise<number> {
    let removed = 0;
    for (const folder of [TEMPORARY_FOLDER, PROBE_FOLDER]) {
      for (const { name } of await this.#readFolder(join(this.#root, folder))) {
        const path = join(this.#root, folder, name);
        const facts = await this.#statIfThere(path);
        if (!facts || facts.mtime >= before) continue;
        await this.#unlinkIfThere(path);
        removed += 1;
      }
    }
    return removed;
  }

  async check(): Promise<void> {
    const key = `${PROBE_FOLDER}/${randomUUID()}`;
    const probe = Buffer.from('musehub');
    await this.put(key, [probe]);
    try {
      const found = await this.read(key, 0, probe.byteLength);
      if (!found.equals(probe))
        throw new Error(`${this.#root} gives back other bytes than written`);
    } finally {
      await this.delete([key]);
    }
  }

  async close(): Promise<void> {
    await this.#openFiles.close();
  }

  #pathOf(key: string): string {
    if (!checkBlobKey(key)) throw new TypeError(`not a blob key: ${JSON.stringify(key)}`);
    return join(this.#root, key);
  }

  /** A new file with all bytes on disk, under a name that means nothing yet. */
  async #writeTemporary(parts: Uint8Array[], signal: AbortSignal | undefined): Promise<string> {
    const folder = join(this.#root, TEMPORARY_FOLDER);
    const path = join(folder, randomUUID());
    signal?.throwIfAborted();
    const file = await this.#inFolder(folder, () => this.#files.open(path, 'wx', FILE_MODE));
    try {
      try {
        await writeAll(file, parts);
        signal?.throwIfAborted();
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    } catch (error) {
      await this.#unlinkTemporary(path);
      throw error;
    }
  }

  async #link(temporary: string, path: string): Promise<void> {
    try {
      await this.#inFolder(dirname(path), () => this.#files.link(temporary, path));
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      throw new Error(`blob ${path} exists already and is not overwritten`, { cause: error });
    }
  }

  /** Runs `work` with the folder made; once more when the folder was removed by another hand. */
  async #inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
    await this.#ensureFolder(folder);
    try {
      return await work();
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      this.#folders.clear();
      await this.#ensureFolder(folder);
      return await work();
    }
  }

  /**
   * Makes a folder and its parents, each durable before anything is put into it. The first use in
   * this process fsyncs the parent even if the folder was there: whoever made it may not have.
   */
  #ensureFolder(folder: string): Promise<void> {
    let made = this.#folders.get(folder);
    if (!made) {
      if (this.#folders.size >= KNOWN_FOLDERS_MAX) this.#folders.clear();
      made = folder === this.#root ? this.#makeRoot() : this.#makeFolder(folder);
      this.#folders.set(folder, made);
      made.catch(() => this.#folders.delete(folder));
    }
    return made;
  }

  async #makeFolder(folder: string): Promise<void> {
    await this.#ensureFolder(dirname(folder));
    try {
      await this.#files.mkdir(folder, { mode: FOLDER_MODE });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    await this.#folderSync.sync(dirname(folder));
  }

  async #makeRoot(): Promise<void> {
    const first = await this.#files.mkdir(this.#root, { recursive: true, mode: FOLDER_MODE });
    if (!first) return;
    for (let folder = this.#root; folder.length >= first.length; folder = dirname(folder)) {
      await this.#folderSync.sync(dirname(folder));
    }
  }

  async #fsyncFolder(folder: string): Promise<void> {
    const handle = await this.#files.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #unlinkTemporary(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch {
      // Not worth failing a put, nor hiding why it failed: `removeLeftovers` gets it.
    }
  }

  async #unlinkIfThere(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  async #statIfThere(path: string) {
    try {
      return await this.#files.lstat(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async #readFolder(path: string): Promise<Dirent[]> {
    try {
      return await this.#files.readdir(path, { withFileTypes: true });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** `folder` is '' or ends with a slash. */
  async *#listFolder(
    folder: string,
    prefix: string,
  ): AsyncGenerator<{ key: string; bytes: number; modifiedAt: Date }> {
    for (const entry of await this.#readFolder(join(this.#root, folder))) {
      const key = folder + entry.name;
      if (!checkBlobKey(key)) continue;
      if (entry.isDirectory()) {
        const below = `${key}/`;
        if (below.startsWith(prefix) || prefix.startsWith(below)) {
          yield* this.#listFolder(below, prefix);
        }
      } else if (entry.isFile() && key.startsWith(prefix)) {
        const facts = await this.#statIfThere(join(this.#root, key));
        if (facts) yield { key, bytes: facts.size, modifiedAt: facts.mtime };
      }
    }
  }
}

/** Writes every byte of every part; one call where the system takes them all. */
async function writeAll(file: nodeFiles.FileHandle, parts: Uint8Array[]): Promise<void> {
  let left = parts.filter((part) => part.byteLength > 0);
  while (left.length > 0) {
    let { bytesWritten } = await file.writev(left);
    let whole = 0;
    while (whole < left.length && bytesWritten >= left[whole]!.byteLength) {
      bytesWritten -= left[whole]!.byteLength;
      whole += 1;
    }
    left = left.slice(whole);
    if (bytesWritten > 0) left[0] = left[0]!.subarray(bytesWritten);
  }
}
