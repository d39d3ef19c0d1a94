import type { Answers } from '~/server/api/root';
import { Badge } from '../../_components/badge';
import { Person } from '../../_components/person';
import { scopeWords } from '../../_components/scope-words';
import { When } from '../../_components/when';

type Token = Answers['admin']['tokens']['list']['rows'][number];

/** Somebody's token, to be chosen. */
export function TokenRow({ token }: { token: Token }) {
  const { account, lastUse, repositories, branchPattern } = token;
  const id = `token-${token.id}`;
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <input
        aria-label={`${token.name} of ${account.handle}`}
        className="mt-1 size-4 shrink-0 accent-accent"
        id={id}
        name="id"
        type="checkbox"
        value={token.id}
      />
      <div className="min-w-0 flex-1 space-y-0.5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <label className="breakable min-w-0 font-semibold" htmlFor={id}>
            <bdi>{token.name}</bdi>
          </label>
          <span className="text-muted">of</span>
          <Person handle={account.handle} kind={account.kind} />
          {account.disabled && <Badge tone="warn">account disabled</Badge>}
          {token.unused && <Badge tone="warn">unused for 90 days</Badge>}
          {token.end === 'past' && <Badge tone="bad">expired</Badge>}
          {token.end === 'soon' && <Badge tone="warn">expires soon</Badge>}
        </p>
        <p className="breakable">
          May {scopeWords(token.scopes)}:{' '}
          {repositories === null ? (
            'every repository of the account'
          ) : repositories.length === 0 ? (
            'repositories that are deleted'
          ) : (
            <bdi>{repositories.map(({ owner, slug }) => `${owner}/${slug}`).join(', ')}</bdi>
          )}
          {branchPattern !== null && (
            <>
              , branches like <bdi className="font-mono text-[0.8125rem]">{branchPattern}</bdi>
            </>
          )}
        </p>
        <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
          <span>
            made <When atMs={token.createdAtMs} />
          </span>
          {token.expiresAtMs === null ? (
            <span>never expires</span>
          ) : (
            <span>
              {token.end === 'past' ? 'expired' : 'expires'} <When atMs={token.expiresAtMs} />
            </span>
          )}
          {lastUse ? (
            <span>
              last used <When atMs={lastUse.atMs} /> from <bdi>{lastUse.address || 'unknown'}</bdi>
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
    </li>
  );
}
