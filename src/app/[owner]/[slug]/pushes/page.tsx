import Download from 'lucide-react/icons/download';
import type { Metadata } from 'next';
import { readPushFilter } from '~/server/services/push-filter';
import { api, found } from '~/trpc/server';
import { pushExportAddress, pushesAddress } from '../../../_components/address';
import { EmptyState } from '../../../_components/empty-state';
import { LivePushes } from '../../../_components/live-pushes';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import {
  PUSH_FILTER_NAMES,
  PushFilters,
  type PushFilterWords,
} from '../../../_components/push-filters';
import { PushRow } from '../../../_components/push-row';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { RepoShell } from '../../../_components/repo-shell';
import { param, readKey, type SearchParams, writeKey } from '../../../_components/search-params';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Pushes · ${repo.owner}/${repo.slug}` };
}

/** The push history: who moved which branch from where to where, and what it brought. */
export default async function PushesPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const words: PushFilterWords = {};
  for (const name of PUSH_FILTER_NAMES) words[name] = await param(searchParams, name);
  const isFiltered = Object.values(words).some((word) => word !== null);
  const key = readKey(await param(searchParams, 'before'));
  const before = key && { startedAtMs: key.atMs, id: key.id };
  const filter = readPushFilter((name) => words[name] ?? null);
  const showsUnderWay = repo.mayWrite && !isFiltered && before === null;
  // Asked before what it is the version of: at worst the page is read once more.
  const version = await found(api.push.version({ owner, slug }));
  const [{ pushes: all, next }, { pushes: underWay }] = await Promise.all([
    found(api.push.list({ owner, slug, ...filter, before })),
    showsUnderWay
      ? found(api.push.list({ owner, slug, outcome: 'receiving', limit: UNDER_WAY_SHOWN }))
      : { pushes: [] },
  ]);
  const isAbove = new Set(underWay.map(({ id }) => id));
  const pushes = all.filter(({ id }) => !isAbove.has(id));
  return (
    <RepoShell repo={repo} tab="pushes">
      <PageBody>
        <div className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
          <h1 className="font-semibold text-base">Push history</h1>
          <p className="flex flex-wrap items-center gap-x-3 text-muted text-xs">
            <Download aria-hidden="true" size={14} />
            <a
              className="link"
              download
              href={pushExportAddress(repo, { ...words, format: 'csv' })}
            >
              CSV
            </a>
            <a
              className="link"
              download
              href={pushExportAddress(repo, { ...words, format: 'jsonl' })}
            >
              JSON lines
            </a>
          </p>
        </div>
        <PushFilters mayWrite={repo.mayWrite} repo={repo} words={words} />
        {before === null && <LivePushes repo={{ owner, slug }} version={version} />}
        {underWay.length > 0 && (
          <section aria-labelledby="under-way" className="mb-4">
            <h2 className="mb-1.5 font-semibold" id="under-way">
              Under way
            </h2>
            <ul className="divide-y divide-line overflow-hidden rounded-lg border border-accent">
              {underWay.map((push) => (
                <PushRow key={push.id} push={push} repo={repo} />
              ))}
            </ul>
          </section>
        )}
        {repo.mayWrite && !isFiltered && (
          <p className="mb-3 text-muted text-xs">
            You may push here, so refused and failed pushes are listed too.
          </p>
        )}
        {pushes.length > 0 ? (
          <ul
            className="divide-y divide-line overflow-hidden rounded-lg border border-line"
            data-rows
          >
            {pushes.map((push) => (
              <PushRow key={push.id} push={push} repo={repo} />
            ))}
          </ul>
        ) : (
          underWay.length === 0 && <EmptyState title={emptyTitle(before !== null, isFiltered)} />
        )}
        <Pager
          newer={before ? pushesAddress(repo, words) : undefined}
          newerLabel="Latest"
          older={
            next && pushesAddress(repo, { ...words, before: writeKey(next.startedAtMs, next.id) })
          }
        />
      </PageBody>
    </RepoShell>
  );
}

/** Under way at the same time, at the head of the page. */
const UNDER_WAY_SHOWN = 20;

function emptyTitle(isLaterPage: boolean, isFiltered: boolean): string {
  if (isLaterPage) return 'No earlier pushes';
  return isFiltered ? 'No push matches' : 'No pushes yet';
}
