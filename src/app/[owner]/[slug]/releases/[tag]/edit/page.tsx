import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { ActRefused } from '../../../../../_components/act-refused';
import { decodeSegment } from '../../../../../_components/address';
import { Card } from '../../../../../_components/card';
import { PageBody } from '../../../../../_components/page-body';
import { loadRepo, type RepoParams } from '../../../../../_components/repo-params';
import { RepoShell } from '../../../../../_components/repo-shell';
import { param, type SearchParams } from '../../../../../_components/search-params';
import { Refused } from '../../../../../_components/settings-shell';
import { ReleaseForm } from '../../release-form';

interface Props {
  params: Promise<RepoParams & { tag: string }>;
  searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Edit a release · ${repo.owner}/${repo.slug}` };
}

/** Changes the words of a release. */
export default async function EditReleasePage({ params, searchParams }: Props) {
  const given = await params;
  const repo = await loadRepo(given);
  const name = { owner: repo.owner, slug: repo.slug };
  const asked = decodeSegment(given.tag) ?? '';
  const { tag, channel, title, body, isDraft } = await found(
    api.release.get({ ...name, tag: asked }),
  );
  return (
    <RepoShell repo={repo} tab="releases">
      <PageBody>
        <h1 className="breakable mb-4 font-semibold text-xl">
          Edit <bdi>{tag}</bdi>
        </h1>
        <ActRefused code={await param(searchParams, 'refused')} />
        {repo.mayWrite ? (
          <div className="max-w-3xl">
            <Card title="The release">
              <ReleaseForm
                defaultRef=""
                release={{ tag, channel, title, body, isDraft }}
                repo={name}
              />
            </Card>
          </div>
        ) : (
          <Refused sentence="Only those who may write to this repository edit its releases." />
        )}
      </PageBody>
    </RepoShell>
  );
}
