import type { Metadata } from 'next';
import type { Answers } from '~/server/api/root';
import { api, found } from '~/trpc/server';
import { ActRefused } from '../../../_components/act-refused';
import { commitAddress, fileAddress, tagsAddress } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { Card } from '../../../_components/card';
import { subjectOf } from '../../../_components/commit-row';
import { CopyButton } from '../../../_components/copy-button';
import { DownloadLinks } from '../../../_components/download-links';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { Pager } from '../../../_components/pager';
import { Person } from '../../../_components/person';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { type Repo, RepoShell } from '../../../_components/repo-shell';
import { param, readKey, type SearchParams, writeKey } from '../../../_components/search-params';
import { TagPill } from '../../../_components/tag-pill';
import { When } from '../../../_components/when';
import { shortDate, shortId } from '../../../_components/wording';
import { AddTagForm } from './add-tag-form';
import { RemoveTagButton } from './remove-tag-button';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

type Tag = Answers['tag']['list']['tags'][number];

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Tags · ${repo.owner}/${repo.slug}` };
}

/** The tags of a repository, last made first. */
export default async function TagsPage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug } = repo;
  const key = readKey(await param(searchParams, 'after'), 'any');
  const search = (await param(searchParams, 'q')) ?? '';
  const after = key && { createdAtMs: key.atMs, id: key.id };
  const { tags, next } = await found(api.tag.list({ owner, slug, after, search }));
  const filtered = after !== null || search !== '';
  return (
    <RepoShell repo={repo} tab="tags">
      <PageBody>
        <h1 className="sr-only">Tags</h1>
        <ActRefused code={await param(searchParams, 'refused')} />
        <div className="space-y-4">
          {(tags.length > 0 || filtered) && <TagSearch repo={repo} search={search} />}
          {tags.length > 0 ? (
            <ul
              className="divide-y divide-line overflow-hidden rounded-lg border border-line"
              data-rows
            >
              {tags.map((tag) => (
                <TagRow key={tag.id} repo={repo} tag={tag} />
              ))}
            </ul>
          ) : (
            <EmptyState title={filtered ? 'No such tags' : 'No tags yet'}>
              {!filtered && (
                <p>A tag gives a commit a name that stays: a version, a mood, a take to keep.</p>
              )}
            </EmptyState>
          )}
        </div>
        <Pager
          newer={after ? tagsAddress(repo, { q: search }) : undefined}
          newerLabel="First page"
          older={
            next && tagsAddress(repo, { q: search, after: writeKey(next.createdAtMs, next.id) })
          }
          olderLabel="More"
        />
        {repo.mayWrite && repo.defaultBranch !== null && (
          <div className="mt-8 max-w-3xl">
            <Card title="Tag a commit">
              <AddTagForm defaultRef={repo.defaultBranch} repo={{ owner, slug }} />
            </Card>
          </div>
        )}
      </PageBody>
    </RepoShell>
  );
}

function TagSearch({ repo, search }: { repo: Repo; search: string }) {
  return (
    <search>
      <form action={tagsAddress(repo)} className="flex max-w-md gap-2">
        <input
          aria-label="Find a tag"
          className="min-h-8 min-w-0 flex-1 rounded-md border border-control bg-canvas px-3 py-1 placeholder:text-muted"
          defaultValue={search}
          name="q"
          placeholder="Find a tag"
          type="search"
        />
        <Button>Find</Button>
      </form>
    </search>
  );
}

function TagRow({ repo, tag }: { repo: Repo; tag: Tag }) {
  const { name, commit, actor } = tag;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-72">
        <div className="flex min-w-0 items-center gap-1.5">
          <TagPill name={name} repo={repo} />
          <CopyButton label={`the name of ${name}`} text={name} />
        </div>
        <a
          className="mt-0.5 block min-w-0 max-w-full truncate text-muted text-xs leading-6 hover:text-accent"
          href={commitAddress(repo, commit.id)}
        >
          <span className="font-mono">{shortId(commit.id)}</span>{' '}
          <bdi>{subjectOf(commit.message)}</bdi>
        </a>
      </div>
      <p className="flex min-w-0 flex-wrap items-center gap-x-2 text-muted text-xs">
        <span>
          <When atMs={tag.createdAtMs} />, {shortDate(tag.createdAtMs)}
        </span>
        {actor && (
          <span className="flex items-center gap-1.5">
            by <Person handle={actor.handle} kind={actor.kind} />
          </span>
        )}
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <a
          aria-label={`Files at ${name}`}
          className="link text-xs"
          href={fileAddress(repo, 'tree', { ref: commit.id, path: [] })}
        >
          Files
        </a>
        <span className="text-xs">
          <DownloadLinks at={commit.id} name={name} repo={repo} />
        </span>
        {repo.mayWrite && (
          <RemoveTagButton id={tag.id} name={name} repo={{ owner: repo.owner, slug: repo.slug }} />
        )}
      </div>
    </li>
  );
}
