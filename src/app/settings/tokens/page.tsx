import { api } from '~/trpc/server';
import { ownAnswer } from '../../_components/api-access';
import { Card } from '../../_components/card';
import { hubUrl } from '../../_components/hub-url';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { NewTokenForm } from './new-token-form';
import { TokenList } from './token-list';

export const metadata = { title: 'Access tokens' };

/** One's access tokens: what each can do, when it was used last, and a way to end it. */
export default async function TokensPage() {
  const listed = await ownAnswer(api.token.list(), '/settings/tokens');
  if ('refusal' in listed) {
    return (
      <SettingsShell page="tokens">
        <h1 className="sr-only">Access tokens</h1>
        <Refused sentence={listed.refusal} />
      </SettingsShell>
    );
  }
  const { tokens, daysMax } = listed.answer;
  return (
    <SettingsShell page="tokens">
      <h1 className="mb-1 font-semibold text-xl">Access tokens</h1>
      <p className="mb-4 max-w-prose text-muted">
        A token signs in the command line and the browser as you. Give each program its own, with no
        more than it needs.
      </p>
      <TokenList tokens={tokens} />
      <Card title="New token">
        <NewTokenForm daysMax={daysMax} hubUrl={hubUrl()} />
      </Card>
    </SettingsShell>
  );
}
