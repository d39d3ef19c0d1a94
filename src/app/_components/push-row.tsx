import type { Answers } from '~/server/api/root';
import { commitAddress, type RepoName } from './address';
import { Badge, type Tone } from './badge';
import { BranchPill } from './branch-pill';
import { Person } from './person';
import { When } from './when';
import { bytes, counted, duration, shortId } from './wording';

type Push = Answers['push']['list']['pushes'][number];

const OUTCOMES: Record<Push['outcome'], Tone> = {
  accepted: 'good',
  refused: 'bad',
  failed: 'bad',
  receiving: 'accent',
};
const KINDS: Record<string, Tone> = { force: 'warn', delete: 'bad', create: 'accent' };

/** One push of the history. */
export function PushRow({ repo, push }: { repo: RepoName; push: Push }) {
  return (
    <li className="space-y-1 px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {push.seq !== null && <span className="text-muted tabular-nums">#{push.seq}</span>}
        <span className="flex min-w-0">
          {push.actor ? (
            <Person handle={push.actor.handle} kind={push.actor.kind} />
          ) : (
            <span className="text-muted">a former account</span>
          )}
        </span>
        {push.kind && <Badge tone={KINDS[push.kind]}>{push.kind}</Badge>}
        <BranchPill name={push.branch} repo={repo} />
        <Heads push={push} repo={repo} />
        {push.outcome !== 'accepted' && <Badge tone={OUTCOMES[push.outcome]}>{push.outcome}</Badge>}
        {push.errorCode && <code className="font-mono text-bad text-xs">{push.errorCode}</code>}
        <span className="ml-auto text-muted text-xs">
          <When atMs={push.startedAtMs} />
        </span>
      </div>
      <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
        <span>{counted(push.commitsNew, 'commit')}</span>
        <span>{counted(push.objectsNew, 'object')}</span>
        <span title="bytes received">{bytes(push.bytesReceived)}</span>
        {push.durationMs !== null && <span>{duration(push.durationMs)}</span>}
        {push.client && <bdi>{push.client}</bdi>}
        {push.tokenName && (
          <span>
            token <bdi>{push.tokenName}</bdi>
          </span>
        )}
      </p>
    </li>
  );
}

/** From where to where the branch moved; for a push that moved nothing, where it wanted to. */
function Heads({ repo, push }: { repo: RepoName; push: Push }) {
  const accepted = push.outcome === 'accepted';
  const to = accepted ? push.newHead : push.head;
  const head = (id: string, stored: boolean) =>
    stored ? (
      <a className="link" href={commitAddress(repo, id)} title={id}>
        {shortId(id)}
      </a>
    ) : (
      <span title={id}>{shortId(id)}</span>
    );
  return (
    <span className="font-mono text-xs">
      {push.oldHead && <>{head(push.oldHead, true)} </>}
      <span aria-hidden="true" className="text-muted">
        →
      </span>
      <span className="sr-only">to</span> {to ? head(to, accepted) : 'deleted'}
    </span>
  );
}
