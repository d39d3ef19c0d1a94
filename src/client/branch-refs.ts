import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkBranchName } from '~/muse/branch-name';
import { type Id, parseId } from '~/muse/ids';
import { ClientError, errnoOf, fileError } from './client-error';
import type { FileWriter } from './file-writer';

/**
 * Files that each hold the id of one branch's head, named like the branch and nested in folders
 * where the name has slashes: `refs/heads/**` for branches of the repository itself,
 * `remotes/<remote>/**` for those last seen elsewhere, as the public CLI has them.
 */
export interface BranchRefs {
  heads: Map<string, Id>;
  /** Files whose name no branch may have, with the reason. */
  skipped: { name: string; reason: string }[];
}

/** Reads every ref below a folder; none when the folder is not there. Branches are sorted. */
export function readBranchRefs(folder: string): BranchRefs {
  const refs: BranchRefs = { heads: new Map(), skipped: [] };
  const walk = (below: string): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(path.join(folder, below), { withFileTypes: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw fileError(error, `read ${path.join(folder, below)}`);
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (!entry.isFile()) refs.skipped.push({ name, reason: 'is not a plain file' });
      else {
        const reason = checkBranchName(name);
        if (reason !== null) refs.skipped.push({ name, reason });
        else {
          const id = readBranchRef(folder, name);
          if (id !== null) refs.heads.set(name, id);
        }
      }
    }
  };
  walk('');
  return refs;
}

/** The head of one branch; null when there is none, or no commit on it yet. */
export function readBranchRef(folder: string, name: string): Id | null {
  const file = path.join(folder, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR') return null;
    throw fileError(error, `read ${file}`);
  }
  if (text === '') return null;
  const id = parseId(text);
  if (id === null) {
    throw new ClientError('repository-damaged', `${file}: it does not hold the id of a commit`, {
      detail: { file },
    });
  }
  return id.id;
}

/**
 * Two names of which one would have to be a file and a folder at once, such as `a` and `a/b`; null
 * when all can be stored side by side.
 */
export function clashingNames(names: Iterable<string>): [string, string] | null {
  const all = new Set(names);
  for (const name of all) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      if (all.has(name.slice(0, at))) return [name.slice(0, at), name];
    }
  }
  return null;
}

/**
 * Writes a ref where refs of other names may be in the way: a file where a folder is needed, or the
 * other way round. For heads of a remote, which are only a memory of it.
 */
export function replaceRef(writer: FileWriter, name: string, text: string): void {
  const parts = name.split('/');
  for (let count = 1; count < parts.length; count++) {
    const above = parts.slice(0, count).join('/');
    if (lstatSync(writer.pathOf(above), { throwIfNoEntry: false })?.isDirectory() === false) {
      writer.remove(above);
    }
  }
  // A file is replaced in one step, so that the ref is never gone.
  if (lstatSync(writer.pathOf(name), { throwIfNoEntry: false })?.isDirectory()) writer.remove(name);
  writer.put(name, text);
}
