import { parentPort } from 'node:worker_threads';
import type { DecodeBounds } from '~/muse/object-decoder';
import { type BatchFindings, checkObjects, objectsOf } from './object-batch';
import type { ThreadAnswer } from './thread-pool';

/** What a thread of `ThreadedChecker` is sent; the buffer comes back with the answer. */
export interface CheckRequest {
  buffer: ArrayBuffer;
  length: number;
  bounds: DecodeBounds;
}

export interface CheckAnswer extends BatchFindings {
  buffer: ArrayBuffer;
}

/** The program of such a thread. */
parentPort?.on('message', ({ buffer, length, bounds }: CheckRequest) => {
  try {
    const findings = checkObjects(objectsOf(buffer, length), bounds);
    const value: CheckAnswer = { ...findings, buffer };
    parentPort?.postMessage({ value } satisfies ThreadAnswer, [buffer]);
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    parentPort?.postMessage({ error: fault } satisfies ThreadAnswer);
  }
});
