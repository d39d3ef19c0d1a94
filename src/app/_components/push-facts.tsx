import { Card, Fact } from './card';
import { CopyButton } from './copy-button';
import type { WholePush } from './push-move';
import { absoluteTime, bytes, count, duration } from './wording';

/** What the history knows of a push, in numbers and names. */
export function PushFacts({ whole }: { whole: WholePush }) {
  const { push, address } = whole;
  // What a push brought is new here once it is accepted, and not before.
  const word = push.outcome === 'accepted' ? 'new' : 'sent';
  // The history knows these at the end; until then the live line tells them.
  const underWay = push.outcome === 'receiving';
  return (
    <Card title="Details">
      <dl className="py-2">
        <Fact name="Push id">
          <span className="inline-flex max-w-full items-center gap-1.5">
            <code className="breakable min-w-0 font-mono text-xs">{push.id}</code>
            <CopyButton label="the push id" text={push.id} />
          </span>
        </Fact>
        <Fact name="Started">{absoluteTime(push.startedAtMs)}</Fact>
        {push.finishedAtMs !== null && (
          <Fact name="Ended">
            {absoluteTime(push.finishedAtMs)}
            {push.durationMs !== null && (
              <span className="text-muted"> after {duration(push.durationMs)}</span>
            )}
          </Fact>
        )}
        {push.tokenName && (
          <Fact name="Token">
            <bdi>{push.tokenName}</bdi>
          </Fact>
        )}
        {push.client && (
          <Fact name="Client">
            <bdi>{push.client}</bdi>
          </Fact>
        )}
        {address && <Fact name="Address">{address}</Fact>}
        {push.restoredSeq !== null && <Fact name="Put back to">push #{push.restoredSeq}</Fact>}
        {!underWay && (
          <Fact name="Commits">
            {count(push.commitsNew)} {word}
          </Fact>
        )}
        {push.outcome === 'accepted' && (
          <Fact name="Snapshots">{count(push.snapshotsNew)} new</Fact>
        )}
        {!underWay && (
          <Fact name="Objects">
            {count(push.objectsNew)} {word}
            {push.objectsReused > 0 && `, ${count(push.objectsReused)} were here already`}
          </Fact>
        )}
        {!underWay && <Fact name="Received">{bytes(push.bytesReceived)}</Fact>}
        {push.outcome === 'accepted' && <Fact name="Stored">{bytes(push.bytesStored)}</Fact>}
      </dl>
    </Card>
  );
}
