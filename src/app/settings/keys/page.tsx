import type { Answers } from '~/server/api/root';
import { api } from '~/trpc/server';
import { ownAnswer } from '../../_components/api-access';
import { Badge } from '../../_components/badge';
import { Card } from '../../_components/card';
import { CommandLine } from '../../_components/command-line';
import { CopyButton } from '../../_components/copy-button';
import { EmptyState } from '../../_components/empty-state';
import { hubUrl } from '../../_components/hub-url';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { When } from '../../_components/when';
import { NewKeyForm } from './new-key-form';
import { RevokeKeyButton } from './revoke-key-button';

export const metadata = { title: 'Signing keys' };

type Key = Answers['key']['list']['keys'][number];

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
      {keys.length > 0 ? (
        <ul className="mb-8 divide-y divide-line overflow-hidden rounded-lg border border-line">
          {keys.map((key) => (
            <KeyRow key={key.keyId} signingKey={key} />
          ))}
        </ul>
      ) : (
        <div className="mb-8">
          <EmptyState title="No signing keys yet">
            Make one with the command line, or register one below.
          </EmptyState>
        </div>
      )}
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

function KeyRow({ signingKey }: { signingKey: Key }) {
  const { keyId, name, createdAtMs, revokedAtMs } = signingKey;
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72 space-y-0.5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <bdi className="breakable min-w-0 font-semibold">{name}</bdi>
          {revokedAtMs !== null && <Badge tone="bad">revoked</Badge>}
        </p>
        <p className="flex items-center gap-1">
          <code className="font-mono text-[0.8125rem]" title={keyId}>
            {keyId.slice(0, 16)}
          </code>
          <CopyButton label={`the whole id of ${name}`} text={keyId} />
        </p>
        <p className="flex flex-wrap gap-x-3 text-muted text-xs">
          <span>
            added <When atMs={createdAtMs} />
          </span>
          {revokedAtMs !== null && (
            <span>
              revoked <When atMs={revokedAtMs} />
            </span>
          )}
        </p>
      </div>
      {revokedAtMs === null && <RevokeKeyButton keyId={keyId} name={name} />}
    </li>
  );
}
