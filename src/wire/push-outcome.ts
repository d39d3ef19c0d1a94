import { formatId, type Id, type IdFormat } from '~/muse/ids';
import type { BodyForm } from './fetch-answer';
import type { ErrorFrame, ResultFrame } from './frames';
import { encodeValue } from './msgpack-writer';
import { replyFields } from './reply-codec';

/** What became of a push, as `GET pushes/{push_id}` tells it (docs/protocol.md §3, Idempotency). */
export interface PushOutcomeAnswer {
  pushId: string;
  outcome: 'receiving' | 'accepted' | 'refused' | 'failed';
  branch: string;
  head: Id | null;
  /** The ending frame that was sent; null while `receiving`. */
  frame: ResultFrame | ErrorFrame | null;
  startedAtMs: number;
  finishedAtMs: number | null;
}

/** The answer as one map; `frame` is the frame itself, times are ISO 8601 in UTC. */
export function encodePushOutcome(
  { pushId, outcome, branch, head, frame, startedAtMs, finishedAtMs }: PushOutcomeAnswer,
  idFormat: IdFormat,
  form: BodyForm,
): Uint8Array {
  const fields = {
    push_id: pushId,
    outcome,
    branch,
    head: head === null ? null : formatId(head, idFormat),
    frame: frame === null ? null : replyFields(frame, idFormat),
    started_at: new Date(startedAtMs).toISOString(),
    finished_at: finishedAtMs === null ? null : new Date(finishedAtMs).toISOString(),
  };
  return form === 'msgpack' ? encodeValue(fields) : Buffer.from(JSON.stringify(fields));
}
