import type { Metadata } from 'next';
import { cache } from 'react';
import { api, found } from '~/trpc/server';
import { ActRefused } from '../../../../../_components/act-refused';
import { pushAddress, pushesAddress } from '../../../../../_components/address';
import { BranchPill } from '../../../../../_components/branch-pill';
import { Card } from '../../../../../_components/card';
import { CommitRow } from '../../../../../_components/commit-row';
import { CopyButton } from '../../../../../_components/copy-button';
import { LivePushes } from '../../../../../_components/live-pushes';
import { PageBody } from '../../../../../_components/page-body';
import { Pager } from '../../../../../_components/pager';
import { PhaseBar } from '../../../../../_components/phase-bar';
import { PushCounts } from '../../../../../_components/push-counts';
import { PushFacts } from '../../../../../_components/push-facts';
import { PushMove, type WholePush } from '../../../../../_components/push-move';
import { PushRefusal } from '../../../../../_components/push-refusal';
import { Actor, KindBadge, OutcomeBadge } from '../../../../../_components/push-row';
import { loadRepo, type RepoParams, repoName } from '../../../../../_components/repo-params';
import { RepoShell } from '../../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../../_components/search-params';
import { When } from '../../../../../_components/when';
import { counted } from '../../../../../_components/wording';

type Params = RepoParams & { pushId: string };

interface Props {
  params: Promise<Params>;
  searchParams: SearchParams;
}

const load = cache((owner: string, slug: string, id: string, before: string | null) =>
  found(api.push.get({ owner, slug, id, before: readCommitKey(before) })),
);

async function loadPush({ params, searchParams }: Props) {
  const given = await params;
  const { owner, slug } = repoName(given);
  return load(owner, slug, given.pushId.toLowerCase(), await param(searchParams, 'before'));
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  const repo = await loadRepo(await props.params);
  const { push } = await loadPush(props);
  return { title: `${titleOf(push)} · ${repo.owner}/${repo.slug}` };
}

/** A push and everything that is known of it, for a browser; programs get its outcome as data. */
export default async function PushPage(props: Props) {
  const repo = await loadRepo(await props.params);
  const whole = await loadPush(props);
  const { push, warnings } = whole;
  const { owner, slug } = repo;
  const underWay = push.outcome === 'receiving';
  const version = underWay && (await found(api.push.version({ owner, slug, pushId: push.id })));
  const isLaterPage = (await param(props.searchParams, 'before')) !== null;
  return (
    <RepoShell repo={repo} tab="pushes">
      <PageBody>
        <ActRefused code={await param(props.searchParams, 'refused')} />
        <p className="mb-1 text-xs">
          <a className="link" href={pushesAddress(repo)}>
            Push history
          </a>
        </p>
        <div className="mb-4 flex flex-wrap items-center gap-x-2 gap-y-1.5">
          <h1 className="font-semibold text-lg leading-7">{titleOf(push)}</h1>
          {push.kind && <KindBadge kind={push.kind} />}
          <OutcomeBadge outcome={push.outcome} />
          <BranchPill name={push.branch} repo={repo} />
          <span className="flex min-w-0 flex-wrap items-center gap-x-2 text-muted">
            <Actor push={push} />
            <When atMs={push.startedAtMs} focusable />
          </span>
        </div>
        {version && (
          <p className="mb-4 rounded-lg border border-accent px-4 py-2.5 text-muted">
            <PushCounts push={push} />
            <LivePushes pushId={push.id} repo={{ owner, slug }} version={version} />
          </p>
        )}
        <div className="grid gap-6 lg:grid-cols-[1fr_20rem]">
          <div className="min-w-0 space-y-6">
            {whole.refusal && <PushRefusal refusal={whole.refusal} />}
            <PushMove mayWrite={repo.mayWrite} repo={repo} whole={whole} />
            {warnings.length > 0 && (
              <Card title={counted(warnings.length, 'warning')}>
                <ul className="divide-y divide-line">
                  {warnings.slice(0, WARNINGS_SHOWN).map((warning) => (
                    <li className="breakable px-4 py-2" key={`${warning.code} ${warning.message}`}>
                      <code className="font-mono text-warn text-xs">{warning.code}</code>{' '}
                      <bdi>{warning.message}</bdi>
                    </li>
                  ))}
                  {warnings.length > WARNINGS_SHOWN && (
                    <li className="px-4 py-2 text-muted">
                      and {counted(warnings.length - WARNINGS_SHOWN, 'other')}
                    </li>
                  )}
                </ul>
              </Card>
            )}
            {push.outcome === 'accepted' && (
              <PushedCommits isLaterPage={isLaterPage} repo={repo} whole={whole} />
            )}
            {whole.frame && (
              <details className="overflow-hidden rounded-lg border border-line">
                <summary className="cursor-pointer bg-surface px-4 py-2.5 font-semibold">
                  The answer as it was sent
                </summary>
                <div className="flex justify-end border-line border-t px-2 pt-2">
                  <CopyButton label="the answer" text={whole.frame} />
                </div>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
                <pre className="overflow-x-auto p-4 pt-0 font-mono text-xs" tabIndex={0}>
                  <bdi>{whole.frame}</bdi>
                </pre>
              </details>
            )}
          </div>
          <div className="min-w-0 space-y-6">
            <PushFacts whole={whole} />
            {push.phases.length > 0 && <PhaseBar phases={push.phases} />}
          </div>
        </div>
      </PageBody>
    </RepoShell>
  );
}

/** The commits that it brought, a page of them. */
function PushedCommits({
  repo,
  whole,
  isLaterPage,
}: {
  repo: RepoParams;
  whole: WholePush;
  isLaterPage: boolean;
}) {
  const { push, commits, next } = whole;
  return (
    <section>
      <h2 className="mb-1.5 font-semibold">
        {push.commitsNew === 0
          ? 'It brought no new commits'
          : `${counted(push.commitsNew, 'new commit')}`}
      </h2>
      {commits.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {commits.map((commit) => (
            <CommitRow branch={push.branch} commit={commit} key={commit.id} repo={repo} />
          ))}
        </ul>
      )}
      <Pager
        newer={isLaterPage ? pushAddress(repo, push.id) : undefined}
        newerLabel="First page"
        older={next && pushAddress(repo, push.id, { before: `${next.generation}.${next.id}` })}
        olderLabel="More"
      />
    </section>
  );
}

const WARNINGS_SHOWN = 20;

const titleOf = (push: { seq: number | null; id: string }): string =>
  push.seq === null ? `Push ${push.id.slice(0, 8)}` : `Push #${push.seq}`;

const COMMIT_KEY = /^(\d{1,9})\.(?:sha256:)?([0-9a-f]{64})$/;

function readCommitKey(text: string | null): { generation: number; id: string } | null {
  const match = COMMIT_KEY.exec(text ?? '');
  return match ? { generation: Number(match[1]), id: match[2]! } : null;
}
