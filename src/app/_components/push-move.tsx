import type { ReactNode } from 'react';
import type { Answers } from '~/server/api/root';
import { commitAddress, type RepoName } from './address';
import { Card, Fact } from './card';
import { CopyButton } from './copy-button';
import { RestoreBranch } from './move-branch';

export type WholePush = Answers['push']['get'];

/** The branch before the push, after it, and now. */
export function PushMove({
  repo,
  whole,
  mayWrite,
}: {
  repo: RepoName;
  whole: WholePush;
  mayWrite: boolean;
}) {
  const { push, branchHead } = whole;
  const restore = (to: 'before' | 'after', head: string | null) =>
    mayWrite && head !== null && head !== branchHead ? (
      <div className="pt-1">
        <RestoreBranch
          branch={push.branch}
          expectedHead={branchHead}
          pushId={push.id}
          repo={{ owner: repo.owner, slug: repo.slug }}
          to={to}
        />
      </div>
    ) : null;
  if (push.outcome !== 'accepted') {
    return (
      <Card title="Branch">
        <dl className="py-2">
          <Fact name="Wanted">
            {push.head ? <Id id={push.head} /> : <Gone>to be deleted</Gone>}
          </Fact>
          <Fact name="Now">
            <Head id={branchHead} repo={repo} />
          </Fact>
        </dl>
      </Card>
    );
  }
  return (
    <Card title="Branch">
      <dl className="py-2">
        <Fact name="Before">
          <Head id={push.oldHead} repo={repo} />
          {restore('before', push.oldHead)}
        </Fact>
        <Fact name="After">
          <Head id={push.newHead} repo={repo} />
          {restore('after', push.newHead)}
        </Fact>
        <Fact name="Now">
          {branchHead === push.newHead ? (
            'as this push left it'
          ) : (
            <Head id={branchHead} repo={repo} />
          )}
        </Fact>
      </dl>
    </Card>
  );
}

function Head({ id, repo }: { id: string | null; repo: RepoName }) {
  if (id === null) return <Gone>no such branch</Gone>;
  return <Id address={commitAddress(repo, id)} id={id} />;
}

const Gone = ({ children }: { children: ReactNode }) => (
  <span className="text-muted">{children}</span>
);

function Id({ id, address }: { id: string; address?: string }) {
  const code = <code className="breakable font-mono text-xs">{id}</code>;
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <span className="min-w-0">
        {address ? (
          <a className="link" href={address}>
            {code}
          </a>
        ) : (
          code
        )}
      </span>
      <CopyButton label="the commit id" text={id} />
    </span>
  );
}
