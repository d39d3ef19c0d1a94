import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Spool, SpoolSlot } from '../ports/object-storage';
import { refuseWhenFull } from './file-errors';

const CHUNK_BYTES = 1024 ** 2;
const MEMORY_BYTES = 16 * 1024 ** 2;
/** Bytes that may wait to be written before `ready` asks the caller to wait. */
const UNWRITTEN_BYTES_MAX = 8 * 1024 ** 2;
/** `readMany` reads through gaps up to this, and at most this much at once. */
const GAP_BYTES_MAX = 64 * 1024;
const RUN_BYTES_MAX = 4 * 1024 ** 2;

/**
 * One line of bytes, cut into chunks: the first ones stay in memory, every later one is written to
 * a temporary file when it is full. The file has no name from the moment it is open, so that
 * whatever kills the process, nothing is left on disk. It is never fsynced: after a crash nobody
 * asks for it.
 */
export class FileSpool implements Spool {
  readonly #folder: string;
  readonly #memoryChunks: number;
  readonly #chunkBytes: number;
  /** Chunks that are in memory; those written to the file leave it. */
  readonly #chunks = new Map<number, Buffer>();
  #bytes = 0;
  #file: Promise<FileHandle> | null = null;
  /** The writes to the file, one after the other. */
  #writing: Promise<void> | null = null;
  #unwrittenBytes = 0;
  #failure: { error: unknown } | null = null;
  #closed = false;

  constructor(options: { folder: string; memoryBytes?: number; chunkBytes?: number }) {
    this.#folder = options.folder;
    this.#chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
    this.#memoryChunks = Math.ceil((options.memoryBytes ?? MEMORY_BYTES) / this.#chunkBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(bytes: Uint8Array): SpoolSlot {
    if (this.#closed) throw new Error('the spool is closed');
    const slot = { offset: this.#bytes, length: bytes.byteLength };
    for (let at = 0; at < bytes.byteLength; ) {
      const number = Math.floor(this.#bytes / this.#chunkBytes);
      const start = this.#bytes % this.#chunkBytes;
      if (start === 0) this.#chunks.set(number, Buffer.allocUnsafeSlow(this.#chunkBytes));
      const end = Math.min(bytes.byteLength, at + this.#chunkBytes - start);
      this.#chunks.get(number)!.set(bytes.subarray(at, end), start);
      this.#bytes += end - at;
      at = end;
      if (this.#bytes % this.#chunkBytes === 0) this.#chunkIsFull(number);
    }
    return slot;
  }

  ready(): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#unwrittenBytes <= UNWRITTEN_BYTES_MAX) return undefined;
    return this.#written();
  }

  async read({ offset, length }: SpoolSlot): Promise<Uint8Array> {
    if (this.#closed) throw new Error('the spool is closed');
    if (offset + length > this.#bytes) throw new RangeError('beyond the end of the spool');
    const first = Math.floor(offset / this.#chunkBytes);
    const within = offset - first * this.#chunkBytes;
    const chunk = this.#chunks.get(first);
    if (chunk && within + length <= this.#chunkBytes) {
      return chunk.subarray(within, within + length);
    }
    const buffer = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      filled += await this.#fill(buffer, filled, offset + filled);
    }
    return buffer;
  }

  async readMany(slots: SpoolSlot[]): Promise<Uint8Array[]> {
    const order = slots.map((_, index) => index);
    order.sort((a, b) => slots[a]!.offset - slots[b]!.offset);
    const answers = new Array<Uint8Array>(slots.length);
    for (let from = 0; from < order.length; ) {
      const begin = slots[order[from]!]!.offset;
      let end = begin;
      let to = from;
      for (; to < order.length; to += 1) {
        const { offset, length } = slots[order[to]!]!;
        if (
          to > from &&
          (offset > end + GAP_BYTES_MAX || offset + length > begin + RUN_BYTES_MAX)
        ) {
          break;
        }
        end = Math.max(end, offset + length);
      }
      const run = await this.read({ offset: begin, length: end - begin });
      for (; from < to; from += 1) {
        const { offset, length } = slots[order[from]!]!;
        answers[order[from]!] = run.subarray(offset - begin, offset - begin + length);
      }
    }
    return answers;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#chunks.clear();
    await this.#writing;
    const file = await this.#file?.catch(() => null); // why it did not open was told already
    await file?.close();
  }

  /** Copies what one chunk has of the bytes at `offset`; returns how many these were. */
  async #fill(target: Buffer, at: number, offset: number): Promise<number> {
    const number = Math.floor(offset / this.#chunkBytes);
    const within = offset % this.#chunkBytes;
    const wanted = Math.min(target.byteLength - at, this.#chunkBytes - within);
    const chunk = this.#chunks.get(number);
    if (chunk) return chunk.copy(target, at, within, within + wanted);
    if (this.#failure) throw this.#failure.error;
    const file = await this.#file;
    if (!file) throw new Error('the spool lost a chunk');
    const position = offset - this.#memoryChunks * this.#chunkBytes;
    const { bytesRead } = await file.read(target, at, wanted, position);
    if (bytesRead === 0) throw new Error('the spool file is shorter than what was written');
    return bytesRead;
  }

  #chunkIsFull(number: number): void {
    if (number < this.#memoryChunks) return;
    this.#unwrittenBytes += this.#chunkBytes;
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#writeOut(number));
  }

  /** Never rejects: a failure is kept for whoever asks next, and the chunk stays in memory. */
  async #writeOut(number: number): Promise<void> {
    const chunk = this.#chunks.get(number);
    if (!chunk || this.#failure) return;
    try {
      this.#file ??= this.#openFile();
      const file = await this.#file;
      const position = (number - this.#memoryChunks) * this.#chunkBytes;
      for (let done = 0; done < chunk.byteLength; ) {
        const left = chunk.byteLength - done;
        done += (await file.write(chunk, done, left, position + done)).bytesWritten;
      }
      this.#chunks.delete(number);
      this.#unwrittenBytes -= chunk.byteLength;
    } catch (error) {
      this.#failure = { error: refuseWhenFull(error) };
    }
  }

  async #openFile(): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `spool-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return file;
  }

  async #written(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }
}
