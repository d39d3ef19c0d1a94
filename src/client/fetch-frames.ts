import type { IncomingMessage } from 'node:http';
import { decodeFetchFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { type FetchFrame, SFRAME_ERROR } from '~/wire/frames';
import type { Limits } from '~/wire/limits';
import { ClientError } from './client-error';
import { networkError, refusal } from './http';

export type ContentFrame = Exclude<FetchFrame, { type: typeof SFRAME_ERROR }>;

/** The frames of a fetch answer, one after the other, as their bytes come. */
export class FetchFrames {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #scanner: FrameScanner;
  readonly #limits: Limits;
  /** Bytes of the answer so far. */
  wireBytes = 0;

  constructor(response: IncomingMessage, limits: Limits) {
    this.#chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#scanner = new FrameScanner(limits, { peer: 'hub' });
    this.#limits = limits;
  }

  /**
   * The next frame. ERROR is thrown with the hub's code; an answer that stops is `network`, one
   * that is not made of frames `damaged-stream`.
   */
  async next(): Promise<ContentFrame> {
    for (;;) {
      const bytes = this.#scanner.next();
      if (bytes !== null) {
        if (!(bytes instanceof Uint8Array)) throw damagedStream(bytes.message);
        const frame = decodeFetchFrame(bytes, this.#limits);
        if (!('type' in frame)) throw damagedStream(frame.message);
        if (frame.type === SFRAME_ERROR) throw refusal(frame.code, frame.message, frame.detail);
        return frame;
      }
      let next: IteratorResult<Buffer>;
      try {
        next = await this.#chunks.next();
      } catch (error) {
        throw networkError(error);
      }
      if (next.done) {
        throw new ClientError('network', 'The answer of the hub stops before its end.', {
          fix: 'Nothing was changed here; run the command again.',
        });
      }
      this.wireBytes += next.value.length;
      this.#scanner.push(next.value);
    }
  }
}

export function damagedStream(reason: string, detail: Record<string, unknown> = {}): ClientError {
  return new ClientError('damaged-stream', `What the hub sent is damaged: ${reason}`, { detail });
}
