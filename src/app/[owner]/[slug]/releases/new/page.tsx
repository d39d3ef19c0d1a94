import type { Metadata } from 'next';
import { ActRefused } from '../../../../_components/act-refused';
import { Card } from '../../../../_components/card';
import { PageBody } from '../../../../_components/page-body';
import { loadRepo, type RepoParams } from '../../../../_components/repo-params';
import { RepoShell } from '../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../_components/search-params';
import { Refused } from '../../../../_components/settings-shell';
import { ReleaseForm } from '../release-form';

interface Props {
  params: Promise<RepoParams>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `New release · ${repo.owner}/${repo.slug}` };
}

/** Makes a release of a commit. */
export default async function NewReleasePage({ params, searchParams }: Props) {
  const repo = await loadRepo(await params);
  return (
    <RepoShell repo={repo} tab="releases">
      <PageBody>
        <h1 className="mb-4 font-semibold text-xl">New release</h1>
        <ActRefused code={await param(searchParams, 'refused')} />
        {repo.mayWrite ? (
          <div className="max-w-3xl">
            <Card title="The release">
              <ReleaseForm
                defaultRef={repo.defaultBranch ?? ''}
                release={null}
                repo={{ owner: repo.owner, slug: repo.slug }}
              />
            </Card>
          </div>
        ) : (
          <Refused sentence="Only those who may write to this repository make releases." />
        )}
      </PageBody>
    </RepoShell>
  );
}
