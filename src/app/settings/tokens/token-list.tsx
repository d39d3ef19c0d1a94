import type { Answers } from '~/server/api/root';
import { repoAddress } from '../../_components/address';
import { Badge } from '../../_components/badge';
import { EmptyState } from '../../_components/empty-state';
import { scopeWords } from '../../_components/scope-words';
import { When } from '../../_components/when';
import { counted, shortDate } from '../../_components/wording';
import { RevokeTokenButton } from './revoke-token-button';

type Token = Answers['token']['list']['tokens'][number];

/** Access tokens, one's own or those of one's `agent`: what each can do, and a way to end it. */
export function TokenList({ tokens, agent }: { tokens: Token[]; agent?: string }) {
  const ending = tokens.filter((token) => token.end === 'soon');
  return (
    <>
      {ending.length > 0 && (
        <p className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3" role="status">
          {counted(ending.length, 'token')} will expire within a week; make{' '}
          {ending.length === 1 ? 'a new one' : 'new ones'} in time.
        </p>
      )}
      {tokens.length > 0 ? (
        <ul className="mb-8 divide-y divide-line overflow-hidden rounded-lg border border-line">
          {tokens.map((token) => (
            <TokenRow agent={agent} key={token.id} token={token} />
          ))}
        </ul>
      ) : (
        <div className="mb-8">
          <EmptyState title="No tokens yet" />
        </div>
      )}
    </>
  );
}

function TokenRow({ token, agent }: { token: Token; agent?: string }) {
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
          May {scopeWords(token.scopes)}: <Reach agent={agent} token={token} />
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
      <RevokeTokenButton agent={agent} current={token.current} id={token.id} name={token.name} />
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
function Reach({
  token: { repositories, branchPattern },
  agent,
}: {
  token: Token;
  agent?: string;
}) {
  return (
    <>
      {repositories === null && (agent ? 'all its repositories' : 'all your repositories')}
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
