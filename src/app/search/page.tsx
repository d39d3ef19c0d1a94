import type { ReactNode } from 'react';
import { bumpBadge } from '~/muse/conventional-commit';
import { parseSearch } from '~/server/services/search-query';
import { api, found } from '~/trpc/server';
import { commitAddress, fileAddress, repoAddress, searchAddress } from '../_components/address';
import { BumpBadge, ScopeBadge, TypeBadge } from '../_components/badge';
import { subjectOf } from '../_components/commit-row';
import { EmptyState } from '../_components/empty-state';
import { PageBody } from '../_components/page-body';
import { Pager } from '../_components/pager';
import { Author } from '../_components/person';
import { RepositoryList } from '../_components/repository-list';
import { SEARCH_KINDS, SearchForm, type SearchKind } from '../_components/search-form';
import { param, type SearchParams } from '../_components/search-params';
import { When } from '../_components/when';
import { count, shortId } from '../_components/wording';

export const metadata = { title: 'Search' };

const KIND_NAMES: Record<SearchKind, string> = {
  ...{ repositories: 'Repositories', commits: 'Commits', files: 'Files' },
};

/** Finds repositories, commits and files. All of the question is in the address. */
export default async function SearchPage({ searchParams }: { searchParams: SearchParams }) {
  const text = ((await param(searchParams, 'q')) ?? '').slice(0, 300);
  const asked = await param(searchParams, 'kind');
  const kind = SEARCH_KINDS.find((known) => known === asked) ?? kindOf(text);
  const page = Math.min(50, Math.max(1, Number(await param(searchParams, 'page')) || 1));
  return (
    <PageBody>
      <h1 className="mb-4 font-semibold text-xl">Search</h1>
      <SearchForm kind={kind} text={text} />
      <nav aria-label="What to search" className="mt-4 mb-4 flex gap-1 border-line border-b">
        {SEARCH_KINDS.map((one) => (
          <a
            aria-current={one === kind ? 'page' : undefined}
            className={`-mb-px border-b-2 px-2.5 py-2 ${
              one === kind
                ? 'border-accent font-semibold'
                : 'border-transparent text-muted hover:border-line hover:text-ink'
            }`}
            href={searchAddress({ q: text, kind: one })}
            key={one}
          >
            {KIND_NAMES[one]}
          </a>
        ))}
      </nav>
      {text.trim() === '' ? (
        <EmptyState title="What are you looking for?">
          <p>Type a word, or part of a commit’s id.</p>
        </EmptyState>
      ) : (
        <Results kind={kind} page={page} text={text} />
      )}
      <Language />
    </PageBody>
  );
}

/** What a text without a kind looks for: an id or a field of commits means commits. */
function kindOf(text: string): SearchKind {
  const { idStart, author, agent, type, ref } = parseSearch(text);
  if (ref !== null) return 'files';
  return (idStart ?? author ?? agent ?? type) ? 'commits' : 'repositories';
}

async function Results(asked: { text: string; kind: SearchKind; page: number }) {
  const { text, kind, page } = asked;
  if (kind === 'files') return <Files text={text} />;
  const answer =
    kind === 'commits'
      ? await found(api.search.commits({ text, page }))
      : await found(api.search.repositories({ text, page }));
  const pageAddress = (to: number) => searchAddress({ q: text, kind, page: to });
  return (
    <>
      {answer.found.length === 0 ? (
        <EmptyState title={`No ${kind} found`}>
          <p>Every word must be there; words are found by their beginnings.</p>
        </EmptyState>
      ) : kind === 'commits' ? (
        <Commits found={(answer as Awaited<ReturnType<typeof api.search.commits>>).found} />
      ) : (
        <RepositoryList
          repositories={(answer as Awaited<ReturnType<typeof api.search.repositories>>).found}
        />
      )}
      <Pager
        newer={page > 1 ? pageAddress(page - 1) : null}
        newerLabel="Previous"
        older={answer.hasMore ? pageAddress(page + 1) : null}
        olderLabel="Next"
      />
    </>
  );
}

type FoundCommits = Awaited<ReturnType<typeof api.search.commits>>['found'];

function Commits({ found: commits }: { found: FoundCommits }) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line" data-rows>
      {commits.map(({ repository, commit }) => {
        const bump = bumpBadge(commit);
        return (
          <li className="px-4 py-2.5" key={`${repository.owner}/${repository.slug} ${commit.id}`}>
            <a
              className="breakable font-medium hover:text-accent hover:underline"
              href={commitAddress(repository, commit.id)}
            >
              <bdi>{subjectOf(commit.message)}</bdi>
            </a>
            <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-muted text-xs">
              <a className="link breakable" href={repoAddress(repository)}>
                <bdi>{`${repository.owner}/${repository.slug}`}</bdi>
              </a>
              {repository.visibility === 'private' && <span>private</span>}
              <Author handle={commit.authorHandle} name={commit.author} />
              <When atMs={commit.timeMs} text={commit.committedAt} />
              {commit.type && <TypeBadge type={commit.type} />}
              {bump && <BumpBadge bump={bump} />}
              {commit.scope && <ScopeBadge scope={commit.scope} />}
              <span className="font-mono" title={commit.id}>
                {shortId(commit.id)}
              </span>
            </p>
          </li>
        );
      })}
    </ul>
  );
}

async function Files({ text }: { text: string }) {
  const { repo, ref, words, phrases } = parseSearch(text);
  const [owner = '', slug = '', ...rest] = (repo ?? '').split('/');
  if (owner === '' || slug === '' || rest.length > 0) {
    return (
      <EmptyState title="In which repository?">
        <p>
          Files are found in one repository: add <code className="font-mono">repo:owner/name</code>,
          and <code className="font-mono">ref:branch</code> for another branch than the default.
        </p>
      </EmptyState>
    );
  }
  const typed = [...words, ...phrases].join(' ');
  const segments = ref === null ? [] : ref.split('/').filter(Boolean);
  const files = await api.search.files({ owner, slug, segments, text: typed }).catch(() => null);
  if (!files || files.paths.length === 0) {
    return (
      <EmptyState title="No files found">
        <p>The letters of what you type must be in the path, in their order.</p>
      </EmptyState>
    );
  }
  const refName = files.ref.kind === 'commit' ? files.ref.commitId : files.ref.name;
  return (
    <>
      <p className="mb-2 text-muted">
        In <bdi>{`${owner}/${slug}`}</bdi> at <bdi className="font-mono">{files.ref.name}</bdi>,{' '}
        {count(files.fileCount)} {files.truncated && 'and more '}files
      </p>
      <ul className="divide-y divide-line rounded-lg border border-line" data-rows>
        {files.paths.map((path) => (
          <li className="px-4 py-2" key={path}>
            <a
              className="breakable font-mono text-[0.8125rem] hover:text-accent hover:underline"
              href={fileAddress({ owner, slug }, 'blob', {
                ref: refName,
                path: path.split('/'),
              })}
            >
              <bdi>{path}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

const WORDS: [example: string, meaning: ReactNode][] = [
  ['streaming push', 'commits or repositories that have both words, by their beginnings'],
  ['"streaming push"', 'the words as they stand, one after the other'],
  ['author:ada', 'commits by an author; quotes around a name with spaces'],
  ['agent:composer', 'commits an agent made'],
  ['type:fix', 'commits of a type: feat, fix, docs, …'],
  ['repo:ada/engine', 'in one repository; needed to find files'],
  ['repo:ada/engine ref:main frame', 'files at a branch, tag or commit'],
  ['sha256:7f3a9c', 'the commit whose id begins so; six digits at least'],
];

/** The words of the search field, all of them. */
function Language() {
  return (
    <details className="mt-6 text-muted">
      <summary>What can be typed</summary>
      <dl className="mt-2 grid gap-x-6 gap-y-1.5 sm:grid-cols-[auto_1fr]">
        {WORDS.map(([example, meaning]) => (
          <div className="contents" key={example}>
            <dt>
              <code className="breakable font-mono text-[0.8125rem] text-ink">{example}</code>
            </dt>
            <dd className="max-sm:mb-2">{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
