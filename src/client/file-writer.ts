import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { inParallel } from './in-parallel';

/** Files that are synced, or written, at the same time. */
const FILES_IN_FLIGHT = 16;

/**
 * Writes files below one folder so that no reader ever sees a part of one: each is written under a
 * temporary name on the same file system and moved to its place. `flush` makes all that was written
 * so far survive a power failure; what refers to other files is written after a flush of them.
 */
export class FileWriter {
  readonly #root: string;
  readonly #temp: string;
  readonly #folders = new Set<string>();
  readonly #dirtyFolders = new Set<string>();
  #written: string[] = [];
  #count = 0;
  #tempMade: Promise<unknown> | null = null;

  /** @param root the folder; temporary files lie in a folder `tmp-…` of it until `close` */
  constructor(root: string) {
    this.#root = root;
    this.#temp = path.join(root, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  }

  /** Absolute path of a file that is named relative to the folder. */
  pathOf(name: string): string {
    return path.join(this.#root, name);
  }

  /** A new file under a temporary name, for content that is written piece by piece. */
  async openTemp(): Promise<{ handle: fs.FileHandle; path: string }> {
    this.#tempMade ??= fs.mkdir(this.#temp, { recursive: true, mode: 0o700 });
    await this.#tempMade;
    const temp = path.join(this.#temp, String(this.#count++));
    return { handle: await fs.open(temp, 'wx', 0o644), path: temp };
  }

  /** Moves a temporary file, closed by now, to its place; replaces what is there. */
  async place(temp: string, name: string): Promise<void> {
    const target = this.pathOf(name);
    await this.#makeFolder(path.dirname(target));
    await fs.rename(temp, target);
    this.#written.push(target);
    this.#dirtyFolders.add(path.dirname(target));
  }

  /** Writes a whole file. */
  async put(name: string, content: Uint8Array | string): Promise<void> {
    const { handle, path: temp } = await this.openTemp();
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await this.place(temp, name);
  }

  /** Syncs every file written since the last flush, and the folders that name them. */
  async flush(): Promise<void> {
    const files = this.#written;
    this.#written = [];
    const folders = [...this.#dirtyFolders];
    this.#dirtyFolders.clear();
    await inParallel(files, FILES_IN_FLIGHT, (file) => syncPath(file, constants.O_RDONLY));
    await inParallel(folders, FILES_IN_FLIGHT, (folder) =>
      syncPath(folder, constants.O_RDONLY | constants.O_DIRECTORY),
    );
  }

  /** Removes temporary files that were not placed. */
  async close(): Promise<void> {
    await fs.rm(this.#temp, { recursive: true, force: true });
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    const made = await fs.mkdir(folder, { recursive: true });
    this.#folders.add(folder);
    // Every folder that is new must be found again, so the one above it is synced too.
    if (made !== undefined) {
      for (let up = folder; up.length >= made.length; up = path.dirname(up)) {
        this.#dirtyFolders.add(path.dirname(up));
      }
    }
  }
}

async function syncPath(target: string, flags: number): Promise<void> {
  const handle = await fs.open(target, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes temporary folders that a killed process left, when it is certain that it is gone. */
export async function removeLeftovers(root: string): Promise<void> {
  let entries: Dirent[];
  try {
    entries = await fs.readdir(root, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const pid = /^tmp-(\d+)-[0-9a-f]{12}$/.exec(entry.name)?.[1];
    if (pid === undefined || !entry.isDirectory() || isAlive(Number(pid))) continue;
    await fs.rm(path.join(root, entry.name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
