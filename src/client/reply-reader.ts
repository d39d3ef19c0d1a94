import type { IncomingMessage } from 'node:http';
import { decodeReplyFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import { type ProgressFrame, type ResultFrame, SFRAME_ERROR, SFRAME_PROGRESS } from '~/wire/frames';
import { DEFAULT_LIMITS } from '~/wire/limits';
import { ClientError } from './client-error';
import { networkError, refusal } from './http';

/**
 * Reads the answer to a push up to its one ending frame.
 *
 * @returns what RESULT says
 * @throws ClientError with the hub's code for ERROR; `network` when the answer stops without an
 *   ending frame, which says nothing about what became of the push
 */
export async function readReply(
  response: IncomingMessage,
  onProgress: (frame: ProgressFrame) => void,
): Promise<ResultFrame> {
  const scanner = new FrameScanner(DEFAULT_LIMITS, { peer: 'hub' });
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      scanner.push(chunk);
      for (let bytes = scanner.next(); bytes !== null; bytes = scanner.next()) {
        if (!(bytes instanceof Uint8Array)) throw notAFrame(bytes.message);
        const frame = decodeReplyFrame(bytes);
        // A violation has a code as ERROR has, but no type.
        if (!('type' in frame)) throw notAFrame(frame.message);
        if (frame.type === SFRAME_ERROR) throw refusal(frame.code, frame.message, frame.detail);
        if (frame.type === SFRAME_PROGRESS) onProgress(frame);
        else return frame;
      }
    }
  } catch (error) {
    throw networkError(error);
  }
  throw new ClientError(
    'network',
    'The hub ended its answer without saying what became of the push.',
  );
}

function notAFrame(message: string): ClientError {
  return new ClientError('bad-response', `The hub answers in another form: ${message}`);
}
