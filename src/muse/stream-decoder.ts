import type { Buffer } from 'node:buffer';
import { createInflate, type Inflate } from 'node:zlib';
import { DecodeError } from './decode-error';
import { ZstdDecoder } from './zstd-decoder';

export type Encoding = 'raw' | 'zlib' | 'zstd';

/** Output of zlib per step, in bytes. */
const INFLATE_STEP_BYTES = 128 * 1024;
/** Bytes that zstd, which runs in this thread, takes or gives before others get a turn. */
const ZSTD_TURN_BYTES = 1024 * 1024;
const ZSTD_SLICE_BYTES = 128 * 1024;

/**
 * Takes decoded bytes as they come; false stops the decoder. The bytes are lent: who keeps them
 * past the call copies them.
 */
export type Emit = (decoded: Uint8Array) => boolean;

/** Decodes one encoded stream that comes in pieces of any size, in bounded memory. */
export interface StreamDecoder {
  /** Decodes a piece; rejects with `DecodeError`. Await each call before the next. */
  write(data: Uint8Array): Promise<void>;
  /** Checks that the stream is whole and nothing follows it; rejects with `DecodeError`. */
  finish(): Promise<void>;
  /** Releases what it holds; for a stream that is given up. */
  destroy(): void;
}

export function streamDecoder(
  encoding: Encoding,
  emit: Emit,
  zstdMaxWindowBytes: number,
): StreamDecoder {
  switch (encoding) {
    case 'raw':
      return new RawStream(emit);
    case 'zlib':
      return new ZlibStream(emit);
    case 'zstd':
      return new ZstdStream(emit, zstdMaxWindowBytes);
  }
}

class RawStream implements StreamDecoder {
  #open = true;
  constructor(readonly emit: Emit) {}

  async write(data: Uint8Array): Promise<void> {
    if (this.#open) this.#open = this.emit(data);
  }
  async finish(): Promise<void> {}
  destroy(): void {
    this.#open = false;
  }
}

/** zlib's own threads do the work; `wake` ends the wait of the one who wrote. */
class ZlibStream implements StreamDecoder {
  readonly #inflate: Inflate = createInflate({ chunkSize: INFLATE_STEP_BYTES });
  #fed = 0;
  #ended = false;
  #stopped = false;
  #error: unknown = null;
  #wake: () => void = () => {};

  constructor(emit: Emit) {
    this.#inflate
      .on('data', (chunk: Buffer) => {
        if (this.#stopped) return;
        try {
          if (emit(chunk)) return;
        } catch (error) {
          this.#error = error;
        }
        this.destroy();
      })
      .on('end', () => {
        this.#ended = true;
        this.#wake();
      })
      .on('error', (error) => {
        this.#error ??= new DecodeError(`are not valid zlib: ${error.message}`);
        this.#wake();
      })
      .on('close', () => this.#wake());
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.#stopped) return;
    this.#fed += data.length;
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#inflate.write(data, () => resolve());
    });
    if (this.#error) throw this.#error;
  }

  async finish(): Promise<void> {
    if (this.#stopped) return;
    if (!this.#ended && !this.#error)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#inflate.end();
      });
    const read = this.#inflate.bytesWritten;
    this.destroy();
    if (this.#error) throw this.#error;
    if (this.#fed === 0) throw new DecodeError('are cut off');
    if (read < this.#fed) throw new DecodeError('go on after the end of the zlib stream');
  }

  destroy(): void {
    this.#stopped = true;
    this.#inflate.destroy();
  }
}

class ZstdStream implements StreamDecoder {
  readonly #decoder: ZstdDecoder;
  #open = true;
  #sinceTurn = 0;

  constructor(
    readonly emit: Emit,
    maxWindowBytes: number,
  ) {
    this.#decoder = new ZstdDecoder(maxWindowBytes);
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; this.#open && at < data.length; at += ZSTD_SLICE_BYTES) {
      const slice = data.subarray(at, at + ZSTD_SLICE_BYTES);
      this.#sinceTurn += slice.length;
      for (const decoded of this.#decoder.push(slice)) {
        this.#open &&= this.emit(decoded);
        if (!this.#open) return;
        this.#sinceTurn += decoded.length;
        if (this.#sinceTurn >= ZSTD_TURN_BYTES) {
          this.#sinceTurn = 0;
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
      }
    }
  }

  async finish(): Promise<void> {
    if (this.#open) this.#decoder.end();
  }

  destroy(): void {
    this.#open = false;
  }
}
