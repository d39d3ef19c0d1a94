import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inParallel } from './in-parallel';

/** Files that are synced at the same time; the file system joins them into few writes. */
const SYNCS_IN_FLIGHT = 16;

/**
 * From so many files on the whole file system is synced in one call: some tens of milliseconds,
 * where ten thousand files one by one take seconds. Below it others' writes, which that call waits
 * for too, could cost more than it saves.
 */
const SYNC_ALL_FILES_MIN = 256;

const fsync = promisify(fs.fsync);

/**
 * Writes files below one folder so that no reader ever sees a part of one: each is written under a
 * temporary name on the same file system and moved to its place. `flush` makes all that was written
 * so far survive a power failure; what refers to other files is written after a flush of them.
 *
 * Small files are written in this thread: they are written to memory, and a detour through the
 * thread pool, whose threads then wait for the same folder, takes several times as long.
 */
export class FileWriter {
  readonly #root: string;
  readonly #temp: string;
  readonly #folders = new Set<string>();
  readonly #dirtyFolders = new Set<string>();
  /** Folders that are not there yet, under their temporary names, with the names of their files. */
  readonly #staged = new Map<string, { temp: string; files: string[] }>();
  #written: string[] = [];
  #count = 0;

  /** @param root the folder; temporary files lie in a folder `tmp-…` of it until `close` */
  constructor(root: string) {
    this.#root = root;
    this.#temp = path.join(root, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  }

  /** Absolute path of a file that is named relative to the folder. */
  pathOf(name: string): string {
    return `${this.#root}/${name}`;
  }

  /** A new file under a temporary name, for content that is written piece by piece. */
  openTemp(): { fd: number; path: string } {
    const temp = this.#newTemp();
    return { fd: fs.openSync(temp, 'wx', 0o644), path: temp };
  }

  #newTemp(): string {
    if (this.#count === 0) fs.mkdirSync(this.#temp, { recursive: true, mode: 0o700 });
    return `${this.#temp}/${this.#count++}`;
  }

  /** Moves a temporary file, closed by now, to its place; replaces what is there. */
  place(temp: string, name: string): void {
    const target = this.pathOf(name);
    this.#makeFolder(path.dirname(target));
    fs.renameSync(temp, target);
    this.#written.push(target);
    this.#dirtyFolders.add(path.dirname(target));
  }

  /** Writes a whole file. */
  put(name: string, content: Uint8Array | string): void {
    const temp = this.openTemp();
    try {
      fs.writeFileSync(temp.fd, content);
    } finally {
      fs.closeSync(temp.fd);
    }
    this.place(temp.path, name);
  }

  /**
   * Writes a whole file that nobody looks for before the next flush; a name must not come twice
   * before it. A folder that is not there yet is made under a temporary name and moved with all its
   * files: one move instead of one for each of ten thousand.
   */
  putLater(folder: string, name: string, content: Uint8Array): void {
    let staged = this.#staged.get(folder);
    if (staged === undefined) {
      const target = this.pathOf(folder);
      if (this.#folders.has(target) || fs.existsSync(target)) {
        this.put(`${folder}/${name}`, content);
        return;
      }
      staged = { temp: this.#newTemp(), files: [] };
      fs.mkdirSync(staged.temp);
      this.#staged.set(folder, staged);
    }
    const fd = fs.openSync(`${staged.temp}/${name}`, 'wx', 0o644);
    try {
      fs.writeFileSync(fd, content);
    } finally {
      fs.closeSync(fd);
    }
    staged.files.push(name);
  }

  #placeStaged(): void {
    for (const [folder, { temp, files }] of this.#staged) {
      const target = this.pathOf(folder);
      this.#makeFolder(path.dirname(target));
      if (moveFolder(temp, target)) {
        this.#dirtyFolders.add(path.dirname(target)).add(target);
        this.#folders.add(target);
        for (const name of files) this.#written.push(`${target}/${name}`);
      } else {
        for (const name of files) this.place(`${temp}/${name}`, `${folder}/${name}`);
      }
    }
    this.#staged.clear();
  }

  /** Writes a file whose content comes piece by piece; `nameOf` then says its name, null for none. */
  async putPieces(pieces: AsyncIterable<Uint8Array>, nameOf: () => string | null): Promise<void> {
    const temp = this.openTemp();
    try {
      for await (const piece of pieces) fs.writeFileSync(temp.fd, piece);
    } finally {
      fs.closeSync(temp.fd);
    }
    const name = nameOf();
    if (name === null) fs.rmSync(temp.path);
    else this.place(temp.path, name);
  }

  /** Removes a file or a folder, if it is there. */
  remove(name: string): void {
    const target = this.pathOf(name);
    fs.rmSync(target, { recursive: true, force: true });
    this.#folders.clear();
    this.#dirtyFolders.add(path.dirname(target));
  }

  /** Syncs every file written since the last flush, and the folders that name them. */
  async flush(): Promise<void> {
    this.#placeStaged();
    const files = this.#written;
    this.#written = [];
    const folders = [...this.#dirtyFolders].filter((folder) => fs.existsSync(folder));
    this.#dirtyFolders.clear();
    if (files.length >= SYNC_ALL_FILES_MIN && (await syncFileSystem(this.#root))) return;
    await inParallel(files, SYNCS_IN_FLIGHT, (file) => syncPath(file));
    await inParallel(folders, SYNCS_IN_FLIGHT, (folder) => syncPath(folder));
  }

  /** Removes temporary files that were not placed. */
  close(): void {
    fs.rmSync(this.#temp, { recursive: true, force: true });
  }

  #makeFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    const made = fs.mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
    // Every folder that is new must be found again, so the one above it is synced too.
    if (made !== undefined) {
      for (let up = folder; up.length >= made.length; up = path.dirname(up)) {
        this.#dirtyFolders.add(path.dirname(up));
      }
    }
  }
}

/** Moves a folder to a name that is free; false when something has come there by now. */
function moveFolder(from: string, to: string): boolean {
  try {
    fs.renameSync(from, to);
    return true;
  } catch (error) {
    if (!fs.existsSync(to)) throw error;
    return false;
  }
}

/**
 * syncfs(2) on the file system of a folder, by way of coreutils, since Node has no call for it.
 * False where this system has no such program; then files are synced one by one.
 */
async function syncFileSystem(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    execFile('sync', ['--file-system', folder], (error) => resolve(error === null));
  });
}

async function syncPath(target: string): Promise<void> {
  const fd = fs.openSync(target, 'r');
  try {
    await fsync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Removes temporary folders that a killed process left, when it is certain that it is gone. */
export function removeLeftovers(root: string): void {
  if (!fs.existsSync(root)) return;
  for (const entry of fs.readdirSync(root, { withFileTypes: true })) {
    const pid = /^tmp-(\d+)-[0-9a-f]{12}$/.exec(entry.name)?.[1];
    if (pid === undefined || !entry.isDirectory() || isAlive(Number(pid))) continue;
    fs.rmSync(path.join(root, entry.name), { recursive: true, force: true });
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
