import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { api, found } from '~/trpc/server';
import { compareAddress, comparisonAddress } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { Card } from '../../../_components/card';
import { EmptyState } from '../../../_components/empty-state';
import { PageBody } from '../../../_components/page-body';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { RepoShell } from '../../../_components/repo-shell';
import { param, type SearchParams } from '../../../_components/search-params';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

/** Branches that are offered; any other is written by its name. */
const OFFERED_BRANCHES = 50;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Compare · ${repo.owner}/${repo.slug}` };
}

/** Two refs to be compared are chosen here, by a form that works without a script. */
export default async function ComparePage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  const { owner, slug, defaultBranch } = repo;
  const base = await param(searchParams, 'base');
  const head = await param(searchParams, 'head');
  if (base !== null && head !== null) redirect(comparisonAddress(repo, { base, head }));
  const names = await found(api.branch.names({ owner, slug, limit: OFFERED_BRANCHES }));
  const others = names.filter((name) => name !== defaultBranch);
  return (
    <RepoShell repo={repo} tab="branches">
      <PageBody>
        <h1 className="mb-4 font-semibold text-xl">Compare</h1>
        {names.length === 0 ? (
          <EmptyState title="Nothing to compare yet">
            <p>Branches appear with the first push.</p>
          </EmptyState>
        ) : (
          <>
            <form
              action={compareAddress(repo)}
              className="mb-6 flex flex-wrap items-end gap-x-3 gap-y-3"
            >
              <RefField label="Base" name="base" value={base ?? defaultBranch ?? ''} />
              <RefField label="Compared with it" name="head" value={head ?? ''} />
              <Button look="primary">Compare</Button>
            </form>
            <datalist id="refs">
              {names.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
            {defaultBranch !== null && others.length > 0 && (
              <Card title={`Compared with ${defaultBranch}`}>
                <ul className="divide-y divide-line">
                  {others.map((name) => (
                    <li key={name}>
                      <a
                        className="breakable block px-4 py-2 font-mono text-[0.8125rem] hover:bg-surface hover:text-accent"
                        href={comparisonAddress(repo, { base: defaultBranch, head: name })}
                      >
                        <bdi>{name}</bdi>
                      </a>
                    </li>
                  ))}
                </ul>
              </Card>
            )}
          </>
        )}
      </PageBody>
    </RepoShell>
  );
}

function RefField({ label, name, value }: { label: string; name: string; value: string }) {
  return (
    <label className="min-w-0 flex-1 basis-56 space-y-1">
      <span className="block font-medium">{label}</span>
      <input
        autoCapitalize="off"
        autoComplete="off"
        className="w-full rounded-md border border-control bg-canvas px-2.5 py-1 font-mono text-[0.8125rem] leading-6"
        defaultValue={value}
        list="refs"
        maxLength={1024}
        name={name}
        placeholder="a branch, tag or commit"
        required
        spellCheck={false}
      />
    </label>
  );
}
