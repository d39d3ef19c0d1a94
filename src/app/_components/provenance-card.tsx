import { pushAddress, type RepoName } from './address';
import { Badge, type Tone } from './badge';
import { Card, Fact } from './card';
import type { ShownCommit } from './commit-summary';
import { Person } from './person';
import { When } from './when';

const SIGNATURES: Record<
  ShownCommit['signatureState'],
  { tone: Tone; word: string; means: string }
> = {
  verified: {
    tone: 'good',
    word: 'verified',
    means: 'The signature is right, and its key is registered here.',
  },
  'unknown-key': {
    tone: 'warn',
    word: 'key unknown',
    means: 'There is a signature, but nobody here has registered its key.',
  },
  bad: { tone: 'bad', word: 'bad signature', means: 'The signature does not fit the commit.' },
  none: { tone: 'neutral', word: 'not signed', means: 'The commit carries no signature.' },
};

/** Where a commit comes from: what the record claims, and what the hub saw. */
export function ProvenanceCard({ repo, commit }: { repo: RepoName; commit: ShownCommit }) {
  const { push } = commit;
  const signature = SIGNATURES[commit.signatureState];
  return (
    <Card title="Provenance">
      <dl className="py-2">
        <Fact name="Claimed">
          {commit.author ? (
            <>
              by <bdi>{commit.author}</bdi>
            </>
          ) : (
            <span className="text-muted">no author</span>
          )}
        </Fact>
        <Fact name="Pushed by">
          {push?.actor ? (
            <span className="flex flex-wrap items-center gap-x-2">
              <Person handle={push.actor.handle} kind={push.actor.kind} />
              <When atMs={push.startedAtMs} />
            </span>
          ) : (
            <span className="text-muted">unknown</span>
          )}
        </Fact>
        {push?.seq && (
          <Fact name="Push">
            <a className="link underline" href={pushAddress(repo, push.id)}>
              #{push.seq}
            </a>
            {push.tokenName && (
              <>
                {' '}
                with <bdi>{push.tokenName}</bdi>
              </>
            )}
          </Fact>
        )}
        <Fact name="Signed by">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            {commit.signer && <Person handle={commit.signer} />}
            <Badge title={signature.means} tone={signature.tone}>
              {signature.word}
            </Badge>
          </span>
          {commit.signerKeyId && (
            <bdi className="block font-mono text-muted text-xs">{commit.signerKeyId}</bdi>
          )}
        </Fact>
        <Words name="Agent" value={commit.agentId} />
        <Words name="Model" value={commit.modelId} />
        <Words name="Toolchain" value={commit.toolchainId} />
        <Words code name="Prompt hash" value={commit.promptHash} />
        {commit.reviewedBy.length > 0 && (
          <Fact name="Reviewed by">
            <bdi>{commit.reviewedBy.join(', ')}</bdi>
          </Fact>
        )}
        {commit.testRuns > 0 && <Fact name="Test runs">{commit.testRuns}</Fact>}
        {commit.breakingChanges.length > 0 && (
          <Fact name="Breaks">
            <ul>
              {commit.breakingChanges.slice(0, 20).map((change) => (
                <li key={change}>
                  <bdi>{change}</bdi>
                </li>
              ))}
              {commit.breakingChanges.length > 20 && (
                <li className="text-muted">and {commit.breakingChanges.length - 20} more</li>
              )}
            </ul>
          </Fact>
        )}
      </dl>
    </Card>
  );
}

/** A text of the record; what it does not say is not shown. */
function Words({ name, value, code = false }: { name: string; value: string; code?: boolean }) {
  if (value === '') return null;
  return (
    <Fact name={name}>
      <bdi className={code ? 'font-mono text-xs' : undefined}>{value}</bdi>
    </Fact>
  );
}
