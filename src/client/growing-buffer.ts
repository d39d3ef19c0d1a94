/** Bytes that are put together piece by piece; its memory serves for one text after the other. */
export class GrowingBuffer {
  #bytes: Buffer;
  #length = 0;

  /** @param bytes that it can hold before it grows */
  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  get length(): number {
    return this.#length;
  }

  /** Keeps the first bytes only. */
  cut(length: number): void {
    this.#length = length;
  }

  append(piece: Uint8Array): void {
    this.#reserve(piece.length);
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
  }

  /** Appends a text of ASCII characters only. */
  appendAscii(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** What was put together: the memory itself, good until the next change. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.view());
    this.#bytes = grown;
  }
}
