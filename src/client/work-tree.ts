import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { Id } from '~/muse/ids';
import { checkPath } from '~/muse/paths';
import { ClientError, checkInterrupted, errnoOf, fileError } from './client-error';
import { inParallel } from './in-parallel';
import type { Repository } from './repository';

const FILES_IN_FLIGHT = 16;

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
 */
export async function checkout(
  repository: Repository,
  manifest: readonly (readonly [string, Id])[],
  signal?: AbortSignal,
): Promise<CheckoutReport> {
  const report: CheckoutReport = { files: 0, bytes: 0, skipped: [], collisions: [] };
  const safe = manifest.filter(([name]) => {
    const reason = checkWorkPath(name);
    if (reason !== null) report.skipped.push({ path: name, reason });
    return reason === null;
  });
  report.collisions = collisionsOf(safe.map(([name]) => name));
  const folders = new FolderMaker(repository.root);
  await inParallel(safe, FILES_IN_FLIGHT, async ([name, id]) => {
    checkInterrupted(signal);
    const target = path.join(repository.root, name);
    const problem = await folders.make(path.posix.dirname(name));
    if (problem !== null) {
      report.skipped.push({ path: name, reason: problem });
      return;
    }
    try {
      // Fails where anything is, a symbolic link too, and never follows one.
      await fs.copyFile(repository.objectPath(id), target, constants.COPYFILE_EXCL);
      report.files++;
      report.bytes += repository.objectSize(id) ?? 0;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') {
        report.skipped.push({ path: name, reason: 'something with this name is there already' });
        return;
      }
      if (errnoOf(error) === 'ENOENT') {
        throw new ClientError('repository-damaged', `The object ${id} of ${name} is missing.`);
      }
      throw fileError(error, `write ${target}`);
    }
  });
  report.skipped.sort((a, b) => (a.path < b.path ? -1 : 1));
  return report;
}

/** Makes folders one by one, looking at each: what is there must be a folder, not a link to one. */
class FolderMaker {
  readonly #root: string;
  readonly #made = new Map<string, Promise<string | null>>();

  constructor(root: string) {
    this.#root = root;
    this.#made.set('.', Promise.resolve(null));
  }

  /** Null when the folder is there now, else why it cannot be. */
  make(name: string): Promise<string | null> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#makeBelow(name);
      this.#made.set(name, made);
    }
    return made;
  }

  async #makeBelow(name: string): Promise<string | null> {
    const above = await this.make(path.posix.dirname(name));
    if (above !== null) return above;
    const folder = path.join(this.#root, name);
    try {
      await fs.mkdir(folder);
      return null;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw fileError(error, `make the folder ${folder}`);
    }
    const there = await fs.lstat(folder);
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
