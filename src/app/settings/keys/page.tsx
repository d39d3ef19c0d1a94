import { api } from '~/trpc/server';
import { ownAnswer } from '../../_components/api-access';
import { Card } from '../../_components/card';
import { CommandLine } from '../../_components/command-line';
import { hubUrl } from '../../_components/hub-url';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { KeyList } from './key-list';
import { NewKeyForm } from './new-key-form';

export const metadata = { title: 'Signing keys' };

/** One's signing keys: what the hub verifies signatures of commits with. */
export default async function KeysPage() {
  const listed = await ownAnswer(api.key.list(), '/settings/keys');
  if ('refusal' in listed) {
    return (
      <SettingsShell page="keys">
        <h1 className="sr-only">Signing keys</h1>
        <Refused sentence={listed.refusal} />
      </SettingsShell>
    );
  }
  const { keys, handle } = listed.answer;
  return (
    <SettingsShell page="keys">
      <h1 className="mb-1 font-semibold text-xl">Signing keys</h1>
      <p className="mb-4 max-w-prose text-muted">
        A commit whose signature verifies with one of these keys is shown as verified, signed by{' '}
        <bdi>{handle}</bdi>. A revoked key signs nothing new; what it signed before stays verified.
      </p>
      <KeyList keys={keys} />
      <Card title="New key">
        <div className="max-w-2xl space-y-5 p-4">
          <div className="space-y-1.5">
            <p>
              The command line makes a key, keeps the private half on that machine, and registers
              the public one here:
            </p>
            <CommandLine
              command={`musehub key generate ${hubUrl()}`}
              label="the line that makes a key"
            />
          </div>
          <NewKeyForm />
        </div>
      </Card>
    </SettingsShell>
  );
}
