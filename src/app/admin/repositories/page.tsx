import type { Answers } from '~/server/api/root';
import { api } from '~/trpc/server';
import { adminAddress, repoAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { VisibilityBadge } from '../../_components/badge';
import { EmptyState } from '../../_components/empty-state';
import { FilterChoice, FilterForm, FilterText } from '../../_components/filter-controls';
import { Pager } from '../../_components/pager';
import { param, readKey, type SearchParams, writeKey } from '../../_components/search-params';
import { When } from '../../_components/when';
import { bytes, counted } from '../../_components/wording';
import { ActForm, ActOutcome } from '../act-form';
import { adminAnswer } from '../admin-answer';

export const metadata = { title: 'Repositories · Administration' };

type Repository = Answers['admin']['repositories']['list']['rows'][number];

const VISIBILITIES = ['public', 'private'] as const;

/** Every repository of the hub: whose it is, how large, and a way to delete it. */
export default async function AdminRepositoriesPage({
  searchParams,
}: {
  searchParams: SearchParams;
}) {
  const [owner, visibility] = await Promise.all([
    param(searchParams, 'owner'),
    param(searchParams, 'visibility'),
  ]);
  const before = readKey(await param(searchParams, 'before'));
  const asked = await adminAnswer(
    api.admin.repositories.list({
      owner,
      visibility: VISIBILITIES.find((one) => one === visibility) ?? null,
      before,
    }),
  );
  const shell = { page: 'repositories', title: 'Repositories' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { rows, next } = asked.answer;
  const here = adminAddress('repositories', { owner, visibility });
  return (
    <AdminShell {...shell}>
      <ActOutcome searchParams={searchParams} />
      <FilterForm
        action={adminAddress('repositories')}
        isFiltered={owner !== null || visibility !== null}
      >
        <FilterText label="Owner" name="owner" value={owner} />
        <FilterChoice
          any="Any visibility"
          choices={VISIBILITIES}
          label="Visibility"
          name="visibility"
          value={visibility}
        />
      </FilterForm>
      {rows.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {rows.map((repository) => (
            <RepositoryRow back={here} key={repository.id} repository={repository} />
          ))}
        </ul>
      ) : (
        <EmptyState title="No such repositories" />
      )}
      <Pager
        newer={before ? here : undefined}
        newerLabel="Newest"
        older={
          next &&
          adminAddress('repositories', { owner, visibility, before: writeKey(next.atMs, next.id) })
        }
      />
    </AdminShell>
  );
}

function RepositoryRow({ repository, back }: { repository: Repository; back: string }) {
  const { id, owner, slug, visibility, lastPushAtMs } = repository;
  return (
    <li className="space-y-1 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <a className="link breakable font-semibold" href={repoAddress(repository)}>
          <bdi>
            {owner}/{slug}
          </bdi>
        </a>
        <VisibilityBadge visibility={visibility} />
      </div>
      <p className="flex flex-wrap gap-x-3 text-muted text-xs">
        <span>{bytes(repository.bytes)}</span>
        <span>{counted(repository.objects, 'object')}</span>
        <span>
          made <When atMs={repository.createdAtMs} />
        </span>
        {lastPushAtMs === null ? (
          <span>never pushed to</span>
        ) : (
          <span>
            last push <When atMs={lastPushAtMs} />
          </span>
        )}
      </p>
      <details>
        <summary className="w-fit cursor-pointer text-muted text-xs hover:text-ink">
          Delete<span className="sr-only">{` ${owner}/${slug}`}</span>…
        </summary>
        <div className="max-w-xl pt-2">
          <ActForm
            act="repositories.delete"
            danger
            back={back}
            button={`Delete ${owner}/${slug}`}
            id={`reason-${id}`}
          >
            <input name="owner" type="hidden" value={owner} />
            <input name="slug" type="hidden" value={slug} />
          </ActForm>
        </div>
      </details>
    </li>
  );
}
