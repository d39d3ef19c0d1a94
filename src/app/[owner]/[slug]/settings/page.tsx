import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { settingsAddress } from '../../../_components/address';
import { ownAnswer } from '../../../_components/api-access';
import { Card } from '../../../_components/card';
import { PageBody } from '../../../_components/page-body';
import { loadRepo, type RepoParams } from '../../../_components/repo-params';
import { RepoShell } from '../../../_components/repo-shell';
import { Refused } from '../../../_components/settings-shell';
import { Collaborators } from './collaborators';
import { DeleteForm } from './delete-form';
import { GeneralForm } from './general-form';
import { Rules } from './rules';

interface Props {
  params: Promise<RepoParams>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const repo = await loadRepo(await params);
  return { title: `Settings · ${repo.owner}/${repo.slug}` };
}

/** What the admins of a repository decide about it. */
export default async function RepositorySettingsPage({ params }: Props) {
  const repo = await loadRepo(await params);
  const name = { owner: repo.owner, slug: repo.slug };
  const settings = await ownAnswer(found(api.settings.get(name)), settingsAddress(name));
  if ('refusal' in settings) {
    return (
      <RepoShell repo={repo} tab="settings">
        <PageBody>
          <h1 className="sr-only">Settings</h1>
          <Refused sentence={settings.refusal} />
        </PageBody>
      </RepoShell>
    );
  }
  const { collaborators, rules, ...general } = settings.answer;
  const branches = await found(api.branch.names({ ...name, limit: 100 }));
  return (
    <RepoShell repo={repo} tab="settings">
      <PageBody>
        <h1 className="sr-only">Settings</h1>
        <noscript>
          <p className="mb-4">Changing settings needs JavaScript.</p>
        </noscript>
        <div className="max-w-3xl space-y-6">
          <Card title="General">
            <GeneralForm branches={branches} general={general} repo={name} />
          </Card>
          <Card title="Collaborators">
            <Collaborators collaborators={collaborators} repo={name} />
          </Card>
          <Card title="Branch rules">
            <Rules repo={name} rules={rules} />
          </Card>
          <Card title="Delete this repository">
            <DeleteForm repo={name} />
          </Card>
        </div>
      </PageBody>
    </RepoShell>
  );
}
