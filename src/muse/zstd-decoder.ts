import { Decompress } from 'fzstd';
import { DecodeError } from './decode-error';

export class ZstdDecoder {
  #out: Uint8Array[] = [];
  #inner = new Decompress((chunk) => this.#out.push(chunk));
  constructor(readonly maxWindowBytes: number) {}
  *push(chunk: Uint8Array): Generator<Uint8Array, void> {
    this.#run(chunk, false);
    yield* this.#out.splice(0);
  }
  end(): void {
    this.#run(new Uint8Array(0), true);
  }
  #run(chunk: Uint8Array, final: boolean): void {
    try {
      this.#inner.push(chunk, final);
    } catch (error) {
      throw new DecodeError(`are not valid zstd: ${(error as Error).message}`);
    }
  }
}
