import type { Answers } from '~/server/api/root';
import { commitAddress, pushAddress, type RepoName } from './address';
import { Badge, type Tone } from './badge';
import { BranchPill } from './branch-pill';
import { Person } from './person';
import { PushCounts } from './push-counts';
import { When } from './when';
import { shortId } from './wording';

export type Push = Answers['push']['list']['pushes'][number];

const OUTCOMES: Record<Push['outcome'], Tone> = {
  accepted: 'good',
  refused: 'bad',
  failed: 'bad',
  receiving: 'accent',
};
const OUTCOME_WORDS: Record<Push['outcome'], string> = {
  accepted: 'accepted',
  refused: 'refused',
  failed: 'failed',
  receiving: 'under way',
};
const KINDS: Record<string, Tone> = { force: 'warn', delete: 'bad', create: 'accent' };

/** One push of the history. */
export function PushRow({ repo, push }: { repo: RepoName; push: Push }) {
  return (
    <li className="relative space-y-1 px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <a
          aria-label={push.seq === null ? `Push ${push.id}` : `Push ${push.seq}`}
          className="link tabular-nums"
          href={pushAddress(repo, push.id)}
        >
          {push.seq === null ? push.id.slice(0, 8) : `#${push.seq}`}
        </a>
        <span className="flex min-w-0">
          <Actor push={push} />
        </span>
        {push.kind && <KindBadge kind={push.kind} />}
        <BranchPill name={push.branch} repo={repo} />
        <Heads push={push} repo={repo} />
        {push.outcome !== 'accepted' && <OutcomeBadge outcome={push.outcome} />}
        {push.errorCode && <code className="font-mono text-bad text-xs">{push.errorCode}</code>}
        {push.restoredSeq !== null && (
          <span className="text-muted text-xs">put back to #{push.restoredSeq}</span>
        )}
        <span className="ml-auto text-muted text-xs">
          <When atMs={push.startedAtMs} />
        </span>
      </div>
      <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
        <PushCounts push={push} />
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

export const KindBadge = ({ kind }: { kind: string }) => <Badge tone={KINDS[kind]}>{kind}</Badge>;

export const OutcomeBadge = ({ outcome }: { outcome: Push['outcome'] }) => (
  <Badge tone={OUTCOMES[outcome]}>{OUTCOME_WORDS[outcome]}</Badge>
);

/** Who pushed. */
export function Actor({ push }: { push: Push }) {
  if (!push.actor) return <span className="text-muted">a former account</span>;
  return <Person handle={push.actor.handle} kind={push.actor.kind} />;
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
