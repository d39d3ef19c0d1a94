import type { Id } from '~/muse/ids';

/**
 * Objects that were just received, up to a number of bytes, so that a checkout that follows need
 * not read them again.
 */
export class KeptObjects {
  readonly #objects = new Map<Id, Uint8Array>();
  #room: number;

  /** @param bytesMax what all of them may have together */
  constructor(bytesMax: number) {
    this.#room = bytesMax;
  }

  /** Keeps an object if there is room. */
  keep(id: Id, bytes: Uint8Array): void {
    if (bytes.length > this.#room || this.#objects.has(id)) return;
    this.#room -= bytes.length;
    // A small part of a large buffer would keep all of that.
    const isPart = 2 * bytes.length < bytes.buffer.byteLength;
    this.#objects.set(id, isPart ? new Uint8Array(bytes) : bytes);
  }

  get(id: Id): Uint8Array | undefined {
    return this.#objects.get(id);
  }
}
