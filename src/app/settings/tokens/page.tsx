import type { Answers } from '~/server/api/root';
import { api } from '~/trpc/server';
import { repoAddress } from '../../_components/address';
import { ownAnswer } from '../../_components/api-access';
import { Badge } from '../../_components/badge';
import { Card } from '../../_components/card';
import { EmptyState } from '../../_components/empty-state';
import { hubUrl } from '../../_components/hub-url';
import { scopeWords } from '../../_components/scope-words';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { When } from '../../_components/when';
import { counted, shortDate } from '../../_components/wording';
import { NewTokenForm } from './new-token-form';
import { RevokeTokenButton } from './revoke-token-button';

export const metadata = { title: 'Access tokens' };

type Token = Answers['token']['list']['tokens'][number];

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
  const ending = tokens.filter((token) => token.end === 'soon');
  return (
    <SettingsShell page="tokens">
      <h1 className="mb-1 font-semibold text-xl">Access tokens</h1>
      <p className="mb-4 max-w-prose text-muted">
        A token signs in the command line and the browser as you. Give each program its own, with no
        more than it needs.
      </p>
      {ending.length > 0 && (
        <p className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3" role="status">
          {counted(ending.length, 'token')} will expire within a week; make{' '}
          {ending.length === 1 ? 'a new one' : 'new ones'} in time.
        </p>
      )}
      {tokens.length > 0 ? (
        <ul className="mb-8 divide-y divide-line overflow-hidden rounded-lg border border-line">
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      ) : (
        <div className="mb-8">
          <EmptyState title="No tokens yet" />
        </div>
      )}
      <Card title="New token">
        <NewTokenForm daysMax={daysMax} hubUrl={hubUrl()} />
      </Card>
    </SettingsShell>
  );
}

function TokenRow({ token }: { token: Token }) {
  const { lastUse } = token;
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72 space-y-0.5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <bdi className="breakable min-w-0 font-semibold">{token.name}</bdi>
          {token.current && <Badge tone="accent">in use here</Badge>}
          {token.end === 'past' && <Badge tone="bad">expired</Badge>}
          {token.end === 'soon' && <Badge tone="warn">expires soon</Badge>}
        </p>
        <p className="breakable">
          May {scopeWords(token.scopes)}: <Reach token={token} />
        </p>
        <p className="flex flex-wrap gap-x-3 text-muted text-xs">
          <span>
            made <When atMs={token.createdAtMs} />
          </span>
          <Expiry token={token} />
          {lastUse ? (
            <span className="breakable">
              last used <When atMs={lastUse.atMs} />
              {lastUse.address && (
                <>
                  {' '}
                  from <bdi>{lastUse.address}</bdi>
                </>
              )}
              {lastUse.client && (
                <>
                  {' '}
                  by <bdi>{lastUse.client}</bdi>
                </>
              )}
            </span>
          ) : (
            <span>never used</span>
          )}
        </p>
      </div>
      <RevokeTokenButton current={token.current} id={token.id} name={token.name} />
    </li>
  );
}

function Expiry({ token }: { token: Token }) {
  if (token.expiresAtMs === null) return <span>never expires</span>;
  const word = token.end === 'past' ? 'expired' : 'expires';
  return (
    <span className={token.end === 'far' ? undefined : 'font-medium text-warn'}>
      {word} <When atMs={token.expiresAtMs} /> ({shortDate(token.expiresAtMs)})
    </span>
  );
}

/** The repositories and branches it is narrowed to. */
function Reach({ token: { repositories, branchPattern } }: { token: Token }) {
  return (
    <>
      {repositories === null && 'all your repositories'}
      {repositories?.length === 0 && 'repositories that are deleted'}
      {repositories?.map((repository, index) => (
        <span key={`${repository.owner}/${repository.slug}`}>
          {index > 0 && ', '}
          <a className="link" href={repoAddress(repository)}>
            <bdi>
              {repository.owner}/{repository.slug}
            </bdi>
          </a>
        </span>
      ))}
      {branchPattern !== null && (
        <>
          , pushing only to branches like{' '}
          <code className="font-mono text-[0.8125rem]">
            <bdi>{branchPattern}</bdi>
          </code>
        </>
      )}
    </>
  );
}
