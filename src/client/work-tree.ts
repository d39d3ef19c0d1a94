import {
  closeSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Id } from '~/muse/ids';
import { checkPath } from '~/muse/paths';
import { ClientError, checkInterrupted, errnoOf, fileError } from './client-error';
import type { KeptObjects } from './kept-objects';
import type { Repository } from './repository';

/** Files that are written before others, such as a signal, have their turn. */
const FILES_IN_A_ROW = 64;
/** Larger objects are copied without holding up this thread. */
const COPY_HERE_BYTES = 1024 ** 2;

export interface CheckoutReport {
  files: number;
  bytes: number;
  /** Paths that were not written, with the reason. */
  skipped: { path: string; reason: string }[];
  /** Groups of paths that differ in case or in Unicode form only: some systems cannot hold both. */
  collisions: string[][];
}

/**
 * Writes the files of a snapshot into the folder of a repository, each only where nothing is yet:
 * nothing is overwritten, and nothing is written through a symbolic link. Paths that are not safe
 * on this or another system are left out and told.
 *
 * Files are made in this thread, one by one: they are small, and threads that make files in the
 * same folder wait for each other.
 *
 * @param options.kept objects that need not be read
 */
export async function checkout(
  repository: Repository,
  manifest: readonly (readonly [string, Id])[],
  options: { kept?: KeptObjects; signal?: AbortSignal } = {},
): Promise<CheckoutReport> {
  const report: CheckoutReport = { files: 0, bytes: 0, skipped: [], collisions: [] };
  const safe = manifest.filter(([name]) => {
    const reason = checkWorkPath(name);
    if (reason !== null) report.skipped.push({ path: name, reason });
    return reason === null;
  });
  report.collisions = collisionsOf(safe.map(([name]) => name));
  const folders = new FolderMaker(repository.root);
  for (const [i, [name, id]] of safe.entries()) {
    if (i % FILES_IN_A_ROW === 0) {
      await setImmediate();
      checkInterrupted(options.signal);
    }
    const problem = folders.make(folderOf(name));
    if (problem !== null) {
      report.skipped.push({ path: name, reason: problem });
      continue;
    }
    const target = path.join(repository.root, name);
    try {
      report.bytes += await writeNew(repository, id, target, options.kept?.get(id));
      report.files++;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') {
        report.skipped.push({ path: name, reason: 'something with this name is there already' });
        continue;
      }
      if (errnoOf(error) === 'ENOENT') {
        throw new ClientError('repository-damaged', `The object ${id} of ${name} is missing.`);
      }
      throw fileError(error, `write ${target}`);
    }
  }
  report.skipped.sort((a, b) => (a.path < b.path ? -1 : 1));
  return report;
}

/**
 * Makes the file of an object and returns its bytes. Fails where anything is, a symbolic link too,
 * and never follows one.
 */
function writeNew(
  repository: Repository,
  id: Id,
  target: string,
  kept: Uint8Array | undefined,
): number | Promise<number> {
  if (kept === undefined) {
    const object = repository.objectPath(id);
    const { size } = statSync(object);
    if (size > COPY_HERE_BYTES) {
      return fs.copyFile(object, target, constants.COPYFILE_EXCL).then(() => size);
    }
    copyFileSync(object, target, constants.COPYFILE_EXCL);
    return size;
  }
  const fd = openSync(target, 'wx', 0o644);
  try {
    writeFileSync(fd, kept);
  } catch (error) {
    rmSync(target);
    throw error;
  } finally {
    closeSync(fd);
  }
  return kept.length;
}

/** The folder of a file; '' for the root. */
function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

/** Makes folders one by one, looking at each: what is there must be a folder, not a link to one. */
class FolderMaker {
  readonly #root: string;
  readonly #made = new Map<string, string | null>([['', null]]);

  constructor(root: string) {
    this.#root = root;
  }

  /** Null when the folder is there now, else why it cannot be. */
  make(name: string): string | null {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#makeBelow(name);
      this.#made.set(name, made);
    }
    return made;
  }

  #makeBelow(name: string): string | null {
    const above = this.make(folderOf(name));
    if (above !== null) return above;
    const folder = path.join(this.#root, name);
    try {
      mkdirSync(folder);
      return null;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw fileError(error, `make the folder ${folder}`);
    }
    const there = lstatSync(folder);
    if (there.isSymbolicLink()) return `${name} is a symbolic link`;
    return there.isDirectory() ? null : `${name} is a file`;
  }
}

/** Characters that some file systems drop from names, so that two names become one. */
const IGNORED_IN_NAMES = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Why a path of a snapshot is not written to disk, null when it may be: what `checkPath` refuses,
 * and names that a file system may take for `.muse`, or that hand control to another tool (`.git`).
 */
export function checkWorkPath(name: string): string | null {
  const problem = checkPath(name);
  if (problem !== null) return problem;
  for (const segment of name.split('/')) {
    const folded = segment
      .replace(IGNORED_IN_NAMES, '')
      .normalize('NFKC')
      .toLowerCase()
      .replace(/(?:::?\$.*)?[. ]*$/, '');
    if (folded === '.muse' || /^muse~\d+$/.test(folded)) return 'stands for the folder ".muse"';
    if (folded === '.git' || /^git~\d+$/.test(folded)) return 'has the segment ".git"';
  }
  return null;
}

function collisionsOf(names: string[]): string[][] {
  const groups = new Map<string, Set<string>>();
  for (const name of names) {
    // Folders count as well: A/x and a/y collide in their folder.
    for (let end = name.indexOf('/'); ; end = name.indexOf('/', end + 1)) {
      const part = end === -1 ? name : name.slice(0, end);
      const folded = part.normalize('NFC').toLowerCase();
      const group = groups.get(folded);
      if (group === undefined) groups.set(folded, new Set([part]));
      else group.add(part);
      if (end === -1) break;
    }
  }
  return [...groups.values()].filter((group) => group.size > 1).map((group) => [...group]);
}
