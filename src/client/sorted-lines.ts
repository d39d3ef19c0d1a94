import { compareText, sortText } from '~/muse/text-order';

/**
 * Texts under keys, one after the other as UTF-8 in the order of the keys' code points. It never
 * changes; `with` makes the next one by copying bytes, so that a change of three lines in two
 * thousand costs three lines and a copy.
 */
export class SortedLines {
  readonly bytes: Buffer;
  readonly #keys: readonly string[];
  /** Where each line ends in `bytes`. */
  readonly #ends: Uint32Array;

  private constructor(keys: readonly string[], bytes: Buffer, ends: Uint32Array) {
    this.#keys = keys;
    this.bytes = bytes;
    this.#ends = ends;
  }

  static readonly EMPTY = new SortedLines([], Buffer.alloc(0), new Uint32Array(0));

  /** The lines of some keys, each once. */
  static from(keys: Iterable<string>, lineOf: (key: string) => string): SortedLines {
    const sorted = sortText([...keys]);
    const lines = sorted.map(lineOf);
    const ends = new Uint32Array(lines.length);
    const bytes = Buffer.from(lines.join(''));
    let end = 0;
    for (const [i, line] of lines.entries()) {
      end += Buffer.byteLength(line);
      ends[i] = end;
    }
    return new SortedLines(sorted, bytes, ends);
  }

  /** The byte where the first line begins whose key is not before this one. */
  offsetOf(key: string): number {
    return this.#start(this.#indexOf(key));
  }

  /**
   * These lines with those of some keys replaced, added and removed.
   *
   * @param lineOf the new line; null removes, also where there is none
   */
  with(changed: Iterable<string>, lineOf: (key: string) => string | null): SortedLines {
    const old = this.#keys;
    const edits = sortText([...changed]).map((key) => {
      const at = this.#indexOf(key);
      return { key, at, next: old[at] === key ? at + 1 : at, line: lineOf(key) };
    });
    let size = this.bytes.length;
    for (const { at, next, line } of edits) {
      size -= this.#start(next) - this.#start(at);
      if (line !== null) size += Buffer.byteLength(line);
    }
    const bytes = Buffer.allocUnsafeSlow(size);
    const ends = new Uint32Array(old.length + edits.length);
    const keys: string[] = [];
    let length = 0;
    const copy = (from: number, to: number) => {
      const start = this.#start(from);
      const shift = length - start;
      bytes.set(this.bytes.subarray(start, this.#start(to)), length);
      for (let i = from; i < to; i++) {
        ends[keys.length] = this.#ends[i]! + shift;
        keys.push(old[i]!);
      }
      length = this.#start(to) + shift;
    };
    let copied = 0;
    for (const { key, at, next, line } of edits) {
      copy(copied, at);
      copied = next;
      if (line === null) continue;
      length += bytes.write(line, length);
      ends[keys.length] = length;
      keys.push(key);
    }
    copy(copied, old.length);
    return new SortedLines(keys, bytes, ends.subarray(0, keys.length));
  }

  /** Where a key is among the keys, or would be. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareText(this.#keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #start(line: number): number {
    return line === 0 ? 0 : this.#ends[line - 1]!;
  }
}
