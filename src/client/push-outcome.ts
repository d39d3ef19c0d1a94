import { setTimeout as sleep } from 'node:timers/promises';
import { decodeReplyFrame } from '~/wire/frame-codec';
import { type ResultFrame, SFRAME_ERROR, SFRAME_RESULT } from '~/wire/frames';
import { encodeValue } from '~/wire/msgpack-writer';
import { ClientError, checkInterrupted } from './client-error';
import { type Caller, refusal, requestJson } from './http';
import type { RemoteAddress } from './remote-address';

/** How long a push that still seems to run is waited for, and how often it is asked about; ms. */
const WAIT_MS = 120_000;
const ASK_EVERY_MS = 1_000;

/**
 * "Did it land?": what became of a push whose answer was lost.
 *
 * @returns its result; null when nothing of it landed and it may be sent again
 * @throws ClientError with the hub's code when it was refused, `network` when nobody answers
 */
export async function pushOutcome(
  remote: RemoteAddress,
  caller: Caller,
  pushId: string,
): Promise<ResultFrame | null> {
  const url = new URL(`${remote.url}/pushes/${pushId}`);
  const until = Date.now() + WAIT_MS;
  for (;;) {
    let answer: unknown;
    try {
      answer = await requestJson(url, caller, 'GET');
    } catch (error) {
      if (error instanceof ClientError && isUnknownPush(error)) return null;
      throw error;
    }
    const { outcome, frame } = (answer ?? {}) as { outcome?: unknown; frame?: unknown };
    if (outcome !== 'receiving') return settle(frame);
    if (Date.now() > until) {
      throw new ClientError(
        'network',
        `The hub still works on push ${pushId}; its outcome is open.`,
      );
    }
    await sleep(ASK_EVERY_MS, undefined, { signal: caller.signal }).catch(() =>
      checkInterrupted(caller.signal),
    );
  }
}

function settle(frame: unknown): ResultFrame | null {
  const fields = (typeof frame === 'object' && frame !== null ? frame : {}) as Record<
    string,
    unknown
  >;
  if (fields.t === SFRAME_ERROR) {
    const error = refusal(fields.code, fields.message, fields.detail);
    if (error.retryable) return null;
    throw error;
  }
  if (fields.t === SFRAME_RESULT) {
    const result = decodeReplyFrame(encodeValue(fields));
    if ('type' in result && result.type === SFRAME_RESULT) return result;
  }
  throw new ClientError('bad-response', 'The hub does not say what became of the push.');
}

/** The hub knows no push of this id: it never came so far. */
function isUnknownPush(error: ClientError): boolean {
  return (
    error.code === 'not-found' ||
    error.code === 'repo-not-found' ||
    error.code === 'object-not-found'
  );
}
