import type { NewSegment } from '../ports/push-store';

/** Parts below this are copied, so that a small object does not keep a large buffer alive. */
const COPY_BELOW_BYTES = 64 * 1024;
/** A part is kept by reference only if it is at least this share of the buffer it is a view of. */
const PINNED_FACTOR_MAX = 2;
const CHUNK_BYTES = 256 * 1024;

/** Room for copies of small parts, in chunks that following segments share. */
export class CopyRoom {
  #chunk = Buffer.alloc(0);
  #used = 0;

  /** The next free piece of at most `bytes`, at least one byte. */
  take(bytes: number): Buffer {
    if (this.#used === this.#chunk.byteLength) {
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#used = 0;
    }
    const begin = this.#used;
    this.#used = Math.min(begin + bytes, this.#chunk.byteLength);
    return this.#chunk.subarray(begin, this.#used);
  }
}

/** A segment that is being filled. */
export class SegmentBatch {
  parts: Uint8Array[] = [];
  bytes = 0;
  objectCount = 0;

  constructor(
    readonly id: string,
    private readonly room: CopyRoom,
  ) {}

  /** Appends bytes: large ones by reference, small ones as a copy that joins the one before. */
  append(part: Uint8Array): void {
    const { byteLength } = part;
    this.bytes += byteLength;
    if (byteLength < COPY_BELOW_BYTES) {
      for (let at = 0; at < byteLength; ) {
        const piece = this.room.take(byteLength - at);
        piece.set(part.subarray(at, at + piece.byteLength));
        this.#join(piece);
        at += piece.byteLength;
      }
    } else if (part.buffer.byteLength > PINNED_FACTOR_MAX * byteLength) {
      const copy = Buffer.allocUnsafeSlow(byteLength);
      copy.set(part);
      this.parts.push(copy);
    } else {
      this.parts.push(part);
    }
  }

  facts(): NewSegment {
    return { id: this.id, bytes: this.bytes, objectCount: this.objectCount };
  }

  /** Adds a piece of the copy room, as one part with the piece before it where they touch. */
  #join(piece: Buffer): void {
    const last = this.parts.at(-1);
    const touches =
      last?.buffer === piece.buffer && last.byteOffset + last.byteLength === piece.byteOffset;
    if (!last || !touches) {
      this.parts.push(piece);
      return;
    }
    const bytes = last.byteLength + piece.byteLength;
    this.parts[this.parts.length - 1] = Buffer.from(piece.buffer, last.byteOffset, bytes);
  }
}
