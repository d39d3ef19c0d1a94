import { Buffer } from 'node:buffer';
import type { Id } from './ids';
import { Directory, NO_CHILDREN } from './manifest-directory';
import { checkPath } from './paths';
import { isProblem, type Problem, problem } from './problem';
import {
  asBuffer,
  compareNames,
  decodeName,
  EMPTY_TREE,
  entryBytes,
  KIND_DIR,
  KIND_FILE,
  newSpan,
  readEntry,
  writeEntry,
} from './tree';

/** What changes in one directory: files by name (null: removed), and directories below it. */
export interface Change {
  files: Map<string, Id | null>;
  dirs: Map<string, Change>;
}

const newChange = (): Change => ({ files: new Map(), dirs: new Map() });

const badPath = (path: string, why: string): Problem =>
  problem('bad-path', { path, reason: why }, `The path ${JSON.stringify(path)} ${why}.`);

/** Sorts changes of paths into directories; refuses bad paths and paths that are named twice. */
export function planChange(
  add: Iterable<readonly [path: string, objectId: Id]>,
  remove: Iterable<string>,
  maxDirectories: number,
): Change | Problem {
  const root = newChange();
  const byPath = new Map<string, Change>([['', root]]);
  let lastPath = '';
  let last = root;

  const directoryOf = (path: string): Change => {
    if (path === lastPath) return last;
    lastPath = path;
    last = byPath.get(path) ?? open(path);
    return last;
  };
  const open = (path: string): Change => {
    let found = root;
    for (let slash = 0; slash !== -1; ) {
      const start = slash === 0 ? 0 : slash + 1;
      slash = path.indexOf('/', start);
      const name = slash === -1 ? path.slice(start) : path.slice(start, slash);
      let next = found.dirs.get(name);
      if (!next) {
        next = newChange();
        found.dirs.set(name, next);
        byPath.set(slash === -1 ? path : path.slice(0, slash), next);
      }
      found = next;
    }
    return found;
  };
  const note = (path: string, id: Id | null): Problem | null => {
    const reason = checkPath(path);
    if (reason !== null) return badPath(path, reason);
    const slash = path.lastIndexOf('/');
    const { files } = directoryOf(slash === -1 ? '' : path.slice(0, slash));
    const name = slash === -1 ? path : path.slice(slash + 1);
    if (files.has(name)) return badPath(path, 'is named twice');
    files.set(name, id);
    return byPath.size > maxDirectories
      ? problem('limit-exceeded', { limit: 'snapshot_max_directories', max: maxDirectories })
      : null;
  };

  for (const path of remove) {
    const refused = note(path, null);
    if (refused) return refused;
  }
  for (const [path, id] of add) {
    const refused = note(path, id);
    if (refused) return refused;
  }
  return root;
}

/** One entry that is put, replaced or (id null) taken out. */
interface Edit {
  kind: number;
  text: string;
  name: Buffer;
  id: Id | null;
}

/**
 * Applies a change to a directory (null: there is none yet).
 *
 * @param prefix the path to it with a slash at its end; '' for the root.
 * @returns the new directory, the same one when nothing changed, null when nothing is left in it;
 * `bad-path` when a removed file is not there or a file and a directory get one name.
 */
export function applyChange(
  old: Directory | null,
  change: Change,
  prefix: string,
  prefixBytes: number,
): Directory | null | Problem {
  const edits: Edit[] = [];
  const oldChildren = old?.children ?? NO_CHILDREN;
  let children: Map<string, Directory> | null = null;
  let childAdded = false;
  for (const [text, below] of change.dirs) {
    const before = old?.children.get(text) ?? null;
    const name = Buffer.from(text, 'utf8');
    const after = applyChange(before, below, `${prefix}${text}/`, prefixBytes + name.length + 1);
    if (isProblem(after)) return after;
    if (after === before) continue;
    edits.push({ kind: KIND_DIR, text, name, id: after === null ? null : after.id });
    children ??= new Map(oldChildren);
    if (after === null) children.delete(text);
    else children.set(text, after);
    if (before === null) {
      childAdded = true;
      const file = change.files.get(text);
      if (file === undefined ? old?.fileId(name) : file)
        return badPath(prefix + text, 'is a file and a directory at once');
    }
  }
  for (const [text, id] of change.files) {
    if (id !== null && (children ?? oldChildren).has(text))
      return badPath(prefix + text, 'is a file and a directory at once');
    edits.push({ kind: KIND_FILE, text, name: Buffer.from(text, 'utf8'), id });
  }
  edits.sort((a, b) =>
    compareNames(a.name, 0, a.name.length, a.kind, b.name, 0, b.name.length, b.kind),
  );

  const bytes = mergeEdits(old?.bytes ?? asBuffer(EMPTY_TREE), edits);
  if (!Buffer.isBuffer(bytes))
    return badPath(prefix + bytes.missing, 'is removed but is not there');
  if (bytes === old?.bytes) return old;
  if (bytes.length === EMPTY_TREE.length) return null;
  if (children !== null && childAdded) children = inTreeOrder(bytes, children);
  return new Directory(bytes, children ?? oldChildren, prefixBytes);
}

/** Merges sorted edits into encoded entries: runs that stay are copied, the rest is encoded. */
function mergeEdits(old: Buffer, edits: Edit[]): Buffer | { missing: string } {
  /** Pairs of offsets in `old` that stay, with an edit (or null) to put before each. */
  const pieces: { put: Edit | null; start: number; end: number }[] = [];
  const span = newSpan();
  let length = 0;
  let at = 1;
  let runStart = 0;
  let put: Edit | null = null;
  const keepUntil = (end: number) => {
    pieces.push({ put, start: runStart, end });
    length += end - runStart + (put ? entryBytes(put.name.length) : 0);
  };
  for (const edit of edits) {
    let order = -1;
    while (at < old.length) {
      readEntry(old, at, span);
      order = compareNames(
        old,
        span.nameStart,
        span.nameEnd,
        span.kind,
        edit.name,
        0,
        edit.name.length,
        edit.kind,
      );
      if (order >= 0) break;
      at = span.end;
    }
    const found = order === 0;
    if (edit.id === null && !found) return { missing: edit.text };
    if (found && edit.id !== null && edit.id === old.toString('hex', span.nameEnd, span.end))
      continue;
    keepUntil(at);
    if (found) at = span.end;
    put = edit.id === null ? null : edit;
    runStart = at;
  }
  if (pieces.length === 0) return old;
  keepUntil(old.length);

  const bytes = Buffer.allocUnsafeSlow(length);
  let to = 0;
  for (const piece of pieces) {
    if (piece.put) to = writeEntry(bytes, to, piece.put.kind, piece.put.name, piece.put.id!);
    to += old.copy(bytes, to, piece.start, piece.end);
  }
  return bytes;
}

/** The children in the order in which the tree names them. */
function inTreeOrder(
  bytes: Buffer,
  children: ReadonlyMap<string, Directory>,
): Map<string, Directory> {
  const ordered = new Map<string, Directory>();
  const span = newSpan();
  for (let at = 1; at < bytes.length; at = span.end) {
    readEntry(bytes, at, span);
    if (span.kind !== KIND_DIR) continue;
    const name = decodeName(bytes, span.nameStart, span.nameEnd);
    ordered.set(name, children.get(name)!);
  }
  return ordered;
}
