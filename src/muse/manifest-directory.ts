import { Buffer } from 'node:buffer';
import type { Hash } from 'node:crypto';
import { ID_BYTES, type Id } from './ids';
import { asBuffer, EMPTY_TREE, KIND_DIR, newSpan, readEntry, treeIdOf } from './tree';

/** A directory with this much text or less keeps it, unless one above it does. */
const TEXT_KEPT_MAX_BYTES = 8 * 1024;
const SCRATCH_BYTES = 64 * 1024;
/** What a directory takes in memory beside its bytes and its text. */
const DIRECTORY_OVERHEAD_BYTES = 360;
const HEX_ID_CHARS = ID_BYTES * 2;
const SLASH = 0x2f;
const HEX_CODES = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

export const NO_CHILDREN: ReadonlyMap<string, Directory> = new Map();

/**
 * One directory of a manifest at its place, never changed after it is made. The encoded tree is its
 * only list of files, so that a file costs its bytes and no more.
 */
export class Directory {
  readonly id: Id;
  /** Files in it and below it. */
  readonly fileCount: number;
  /** Directories below it, and itself. */
  readonly directoryCount: number;
  /** Bytes of its lines and of those below it, with a NUL between two lines. */
  readonly textBytes: number;
  /** Bytes in memory of it and all below it, without texts, as if nothing were shared. */
  readonly heldBytes: number;
  #text: Buffer | null = null;

  constructor(
    readonly bytes: Buffer,
    /** By name, in the order of the tree. */
    readonly children: ReadonlyMap<string, Directory>,
    /** Bytes of the path to it with the slash at its end; 0 for the root. */
    readonly prefixBytes: number,
  ) {
    this.id = treeIdOf(bytes);
    let files = 0;
    let directories = 1;
    let text = -1;
    let held = bytes.length + DIRECTORY_OVERHEAD_BYTES;
    const span = newSpan();
    for (let at = 1; at < bytes.length; at = span.end) {
      readEntry(bytes, at, span);
      if (span.kind === KIND_DIR) continue;
      files++;
      text += prefixBytes + (span.nameEnd - span.nameStart) + 2 + HEX_ID_CHARS;
    }
    for (const child of children.values()) {
      files += child.fileCount;
      directories += child.directoryCount;
      text += child.textBytes + 1;
      held += child.heldBytes;
    }
    this.fileCount = files;
    this.directoryCount = directories;
    this.textBytes = Math.max(0, text);
    this.heldBytes = held;
  }

  /** A root with nothing in it. */
  static empty(): Directory {
    return new Directory(asBuffer(EMPTY_TREE), NO_CHILDREN, 0);
  }

  get isEmpty(): boolean {
    return this.bytes.length === EMPTY_TREE.length;
  }

  /**
   * Writes its lines `path NUL id`, joined with NUL, in path order. The topmost directories whose
   * text is small keep it, so that the next version of the manifest writes it as one piece.
   */
  writeText(out: LineWriter, mayKeep: boolean): void {
    if (!mayKeep || this.prefixBytes === 0 || this.textBytes > TEXT_KEPT_MAX_BYTES) {
      this.#writeLines(out, mayKeep);
      return;
    }
    if (this.#text === null) {
      const own = new LineWriter(this.textBytes, null, out.prefix);
      this.#writeLines(own, false);
      this.#text = own.buffer;
    }
    out.write(this.#text);
  }

  #writeLines(out: LineWriter, mayKeep: boolean): void {
    const { bytes } = this;
    const children = this.children.values();
    const span = newSpan();
    for (let at = 1; at < bytes.length; at = span.end) {
      readEntry(bytes, at, span);
      if (at > 1) out.separate();
      if (span.kind === KIND_DIR) {
        out.enter(bytes, span.nameStart, span.nameEnd);
        (children.next().value as Directory).writeText(out, mayKeep);
        out.leave(this.prefixBytes);
      } else {
        out.line(bytes, span.nameStart, span.nameEnd);
      }
    }
  }

  /** The object of the file of that name in it; null when there is none. */
  fileId(name: Uint8Array): Id | null {
    const { bytes } = this;
    const span = newSpan();
    for (let at = 1; at < bytes.length; at = span.end) {
      readEntry(bytes, at, span);
      if (span.kind === KIND_DIR || span.nameEnd - span.nameStart !== name.length) continue;
      if (bytes.compare(name, 0, name.length, span.nameStart, span.nameEnd) === 0)
        return bytes.toString('hex', span.nameEnd, span.end);
    }
    return null;
  }
}

/** Gathers lines in one buffer; with a hash, feeds it whenever the buffer is full. */
export class LineWriter {
  readonly buffer: Buffer;
  #at = 0;

  constructor(
    bytes: number,
    readonly hash: Hash | null,
    /** The path to the directory that is being written, as far as its writer has entered. */
    readonly prefix: PathPrefix,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
  }

  static forHash(hash: Hash): LineWriter {
    return new LineWriter(SCRATCH_BYTES, hash, new PathPrefix());
  }

  enter(name: Uint8Array, start: number, end: number): void {
    this.prefix.push(name, start, end);
  }

  leave(prefixBytes: number): void {
    this.prefix.length = prefixBytes;
  }

  separate(): void {
    if (this.#at === this.buffer.length) this.flush();
    this.buffer[this.#at++] = 0;
  }

  /** One line for the file whose name is at `start`, with its id after it. */
  line(bytes: Uint8Array, start: number, end: number): void {
    const { prefix, buffer } = this;
    const need = prefix.length + (end - start) + 1 + HEX_ID_CHARS;
    if (this.#at + need > buffer.length) this.flush();
    let at = this.#at;
    const { bytes: path, length } = prefix;
    for (let i = 0; i < length; i++) buffer[at++] = path[i]!;
    for (let i = start; i < end; i++) buffer[at++] = bytes[i]!;
    buffer[at++] = 0;
    const idEnd = end + ID_BYTES;
    for (let i = end; i < idEnd; i++) {
      const byte = bytes[i]!;
      buffer[at++] = HEX_CODES[byte >> 4]!;
      buffer[at++] = HEX_CODES[byte & 15]!;
    }
    this.#at = at;
  }

  write(text: Buffer): void {
    if (this.#at + text.length > this.buffer.length) this.flush();
    if (text.length > this.buffer.length) this.#feed(text);
    else this.#at += text.copy(this.buffer, this.#at);
  }

  flush(): void {
    this.#feed(this.buffer.subarray(0, this.#at));
    this.#at = 0;
  }

  #feed(text: Buffer): void {
    if (this.hash === null) throw new Error('the text of a directory is longer than counted');
    this.hash.update(text);
  }
}

/** The bytes of a path that is walked down and up again. */
export class PathPrefix {
  bytes = new Uint8Array(256);
  length = 0;

  push(name: Uint8Array, start: number, end: number): void {
    const need = this.length + (end - start) + 1;
    if (need > this.bytes.length) {
      const larger = new Uint8Array(need * 2);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = start; i < end; i++) this.bytes[this.length++] = name[i]!;
    this.bytes[this.length++] = SLASH;
  }
}
