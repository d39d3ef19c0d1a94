import type { Answers } from '~/server/api/root';
import { Badge } from '../../_components/badge';
import { CopyButton } from '../../_components/copy-button';
import { EmptyState } from '../../_components/empty-state';
import { When } from '../../_components/when';
import { RevokeKeyButton } from './revoke-key-button';

type Key = Answers['key']['list']['keys'][number];

/** Signing keys, one's own or those of one's `agent`, and a way to take each back. */
export function KeyList({ keys, agent }: { keys: Key[]; agent?: string }) {
  if (keys.length === 0) {
    return (
      <div className="mb-8">
        <EmptyState title="No signing keys yet">
          Make one with the command line, and register it below.
        </EmptyState>
      </div>
    );
  }
  return (
    <ul className="mb-8 divide-y divide-line overflow-hidden rounded-lg border border-line">
      {keys.map((key) => (
        <KeyRow agent={agent} key={key.keyId} signingKey={key} />
      ))}
    </ul>
  );
}

function KeyRow({ signingKey, agent }: { signingKey: Key; agent?: string }) {
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
      {revokedAtMs === null && <RevokeKeyButton agent={agent} keyId={keyId} name={name} />}
    </li>
  );
}
