import { Buffer } from 'node:buffer';
import { ID_BYTES, type Id, sha256 } from './ids';
import { PATH_SEGMENT_MAX_BYTES } from './paths';

/**
 * One directory of a snapshot as bytes, the same bytes for the same content:
 *
 *     version (1 byte, 1) entry*
 *     entry = kind (1 byte: 0 file, 1 directory) · length of name (varint) · name (UTF-8) · id (32)
 *
 * Entries are sorted by the bytes of their names, where a directory's name counts as `name/`. So a
 * walk that enters directories where they stand meets all paths in byte order.
 */

export interface TreeEntry {
  kind: 'file' | 'dir';
  name: string;
  /** Of the object, or of the directory's own tree. */
  id: Id;
}

export const TREE_VERSION = 1;
export const KIND_FILE = 0;
export const KIND_DIR = 1;
const SLASH = 0x2f;

/** Where the parts of one encoded entry lie. */
export interface EntrySpan {
  kind: number;
  nameStart: number;
  nameEnd: number;
  /** The id's 32 bytes end here, and the next entry starts. */
  end: number;
}

const damaged = (why: string) => new Error(`damaged tree: ${why}`);

/** Compares a name in `a` with one in `b`, each with its kind, in the order of a tree. */
export function compareNames(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  aKind: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
  bKind: number,
): number {
  const shorter = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  const x = aStart + shorter < aEnd ? a[aStart + shorter]! : aKind === KIND_DIR ? SLASH : -1;
  const y = bStart + shorter < bEnd ? b[bStart + shorter]! : bKind === KIND_DIR ? SLASH : -1;
  return x - y;
}

/**
 * Reads where the entry at `at` lies, into `span`. Throws when it does not fit the bytes; whether
 * names are in order is the caller's to check.
 */
export function readEntry(bytes: Uint8Array, at: number, span: EntrySpan): void {
  const kind = bytes[at]!;
  if (kind > KIND_DIR) throw damaged('unknown kind of entry');
  let nameStart = at + 2;
  let length = bytes[at + 1]!;
  if (length >= 0x80) {
    const high = bytes[at + 2]!;
    if (high === 0 || high >= 0x80) throw damaged('a length is not canonical');
    length = (length & 0x7f) | (high << 7);
    nameStart++;
  }
  const end = nameStart + length + ID_BYTES;
  if (!(end <= bytes.length)) throw damaged('cut off');
  if (length === 0 || length > PATH_SEGMENT_MAX_BYTES) throw damaged('a name has no valid length');
  span.kind = kind;
  span.nameStart = nameStart;
  span.nameEnd = nameStart + length;
  span.end = end;
}

/** The id of the entry that a span tells, in the bytes of its directory. */
export function entryId(bytes: Buffer, span: EntrySpan): Id {
  return bytes.toString('hex', span.nameEnd, span.end);
}

export const newSpan = (): EntrySpan => ({ kind: 0, nameStart: 0, nameEnd: 0, end: 0 });

/** Bytes of an encoded entry whose name has that many. */
export function entryBytes(nameBytes: number): number {
  return (nameBytes < 0x80 ? 2 : 3) + nameBytes + ID_BYTES;
}

/** Writes one entry at `at` and returns where it ends. */
export function writeEntry(
  bytes: Buffer,
  at: number,
  kind: number,
  name: Uint8Array,
  id: Id,
): number {
  let to = at;
  bytes[to++] = kind;
  bytes[to++] = name.length < 0x80 ? name.length : (name.length & 0x7f) | 0x80;
  if (name.length >= 0x80) bytes[to++] = name.length >> 7;
  bytes.set(name, to);
  to += name.length;
  return to + bytes.write(id, to, ID_BYTES, 'hex');
}

/** The bytes of a directory. Entries in any order; names are unique and valid path segments. */
export function encodeTree(entries: Iterable<TreeEntry>): Uint8Array {
  const parts = Array.from(entries, ({ kind, name, id }) => ({
    kind: kind === 'dir' ? KIND_DIR : KIND_FILE,
    name: Buffer.from(name, 'utf8'),
    id,
  }));
  parts.sort((a, b) =>
    compareNames(a.name, 0, a.name.length, a.kind, b.name, 0, b.name.length, b.kind),
  );
  const length = parts.reduce((sum, part) => sum + entryBytes(part.name.length), 1);
  const bytes = Buffer.allocUnsafeSlow(length);
  bytes[0] = TREE_VERSION;
  let at = 1;
  for (const part of parts) at = writeEntry(bytes, at, part.kind, part.name, part.id);
  return bytes;
}

/**
 * The entries of a directory, in the order of the tree. Throws an Error when the bytes are not what
 * `encodeTree` writes: bounds, kinds, canonical lengths, order, names.
 */
export function decodeTree(bytes: Uint8Array): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const files = new Set<string>();
  const buffer = asBuffer(bytes);
  for (const span of entriesOf(buffer)) {
    const kind = span.kind === KIND_DIR ? 'dir' : 'file';
    const name = decodeName(buffer, span.nameStart, span.nameEnd);
    if (kind === 'file') files.add(name);
    else if (files.has(name)) throw damaged('a file and a directory of one name');
    entries.push({ kind, name, id: buffer.toString('hex', span.nameEnd, span.end) });
  }
  return entries;
}

/**
 * Walks the entries and checks bounds, kinds and order. Yields one and the same span again and
 * again: use it before the next step.
 */
export function* entriesOf(bytes: Uint8Array): Generator<EntrySpan, void> {
  if (bytes[0] !== TREE_VERSION) throw damaged('unknown version');
  let span = newSpan();
  let before = newSpan();
  for (let at = 1; at < bytes.length; at = before.end) {
    readEntry(bytes, at, span);
    if (at > 1 && compareSpans(bytes, before, span) >= 0) throw damaged('out of order');
    yield span;
    [before, span] = [span, before];
  }
}

const compareSpans = (bytes: Uint8Array, a: EntrySpan, b: EntrySpan) =>
  compareNames(bytes, a.nameStart, a.nameEnd, a.kind, bytes, b.nameStart, b.nameEnd, b.kind);

/** The text of a name; throws when it is not UTF-8 or not a path segment. */
export function decodeName(bytes: Buffer, start: number, end: number): string {
  const name = bytes.toString('utf8', start, end);
  if (name.includes('\ufffd') && !Buffer.from(name, 'utf8').equals(bytes.subarray(start, end)))
    throw damaged('a name is not UTF-8');
  if (name.includes('/') || name.includes('\0')) throw damaged('a name is not a path segment');
  return name;
}

/** The entry of that name, without decoding the others; null when there is none. */
export function findEntry(bytes: Uint8Array, name: string): TreeEntry | null {
  const wanted = Buffer.from(name, 'utf8');
  const buffer = asBuffer(bytes);
  for (const span of entriesOf(buffer)) {
    if (span.nameEnd - span.nameStart !== wanted.length) continue;
    if (buffer.compare(wanted, 0, wanted.length, span.nameStart, span.nameEnd) !== 0) continue;
    const kind = span.kind === KIND_DIR ? 'dir' : 'file';
    return { kind, name, id: buffer.toString('hex', span.nameEnd, span.end) };
  }
  return null;
}

/** The id under which a directory is stored: SHA-256 of its bytes. */
export function treeIdOf(bytes: Uint8Array): Id {
  return sha256(bytes);
}

export const EMPTY_TREE: Uint8Array = Uint8Array.of(TREE_VERSION);
/** The root of an empty snapshot; no other directory is ever empty. */
export const EMPTY_TREE_ID: Id = treeIdOf(EMPTY_TREE);

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
