import { LiveCounts } from './live-counts';
import type { Push } from './push-row';
import { bytes, counted, duration } from './wording';

/** What a push brought, and how long it took; of one under way, how far it has come. */
export function PushCounts({ push }: { push: Push }) {
  if (push.outcome === 'receiving') {
    const { objectsNew: objects, commitsNew: commits, bytesReceived, phases } = push;
    const phase = phases.at(-1)?.phase ?? 'receiving';
    return <LiveCounts first={{ phase, objects, commits, bytesReceived }} id={push.id} />;
  }
  return (
    <>
      <span>{counted(push.commitsNew, 'commit')}</span>
      <span>{counted(push.objectsNew, 'object')}</span>
      <span title="bytes received">{bytes(push.bytesReceived)}</span>
      {push.durationMs !== null && <span>{duration(push.durationMs)}</span>}
    </>
  );
}
