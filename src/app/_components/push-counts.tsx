import type { Push } from './push-row';
import { bytes, counted, duration } from './wording';

/** What a push brought, and how long it took. */
export function PushCounts({ push }: { push: Push }) {
  return (
    <>
      <span>{counted(push.commitsNew, 'commit')}</span>
      <span>{counted(push.objectsNew, 'object')}</span>
      <span title="bytes received">{bytes(push.bytesReceived)}</span>
      {push.durationMs !== null && <span>{duration(push.durationMs)}</span>}
    </>
  );
}
