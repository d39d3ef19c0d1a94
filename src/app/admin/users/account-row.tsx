import type { Answers } from '~/server/api/root';
import { adminAddress, ownerAddress } from '../../_components/address';
import { Badge } from '../../_components/badge';
import { Person } from '../../_components/person';
import { When } from '../../_components/when';
import { counted } from '../../_components/wording';
import { ActForm } from '../act-form';
import { ResetForm } from './reset-form';

type Account = Answers['admin']['users']['list']['accounts'][number];

/** Somebody's account, and what an admin can do to it. */
export function AccountRow({ account, back }: { account: Account; back: string }) {
  const { handle, displayName, kind, role, owner, disabled, hasPassword } = account;
  const person = kind === 'human';
  return (
    <li className="px-4 py-3">
      <div className="space-y-0.5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Person handle={handle} kind={kind} />
          {displayName && <bdi className="breakable min-w-0 text-muted">{displayName}</bdi>}
          {role === 'admin' && <Badge tone="accent">admin</Badge>}
          {disabled && <Badge tone="bad">disabled</Badge>}
          {owner?.disabled && <Badge tone="warn">owner disabled</Badge>}
        </p>
        <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs leading-6">
          {owner && (
            <span>
              of{' '}
              <a className="link" href={ownerAddress(owner.handle)}>
                <bdi>{owner.handle}</bdi>
              </a>
            </span>
          )}
          <span>
            made <When atMs={account.createdAtMs} />
          </span>
          <span>
            {account.lastUsedAtMs === null ? (
              'never used'
            ) : (
              <>
                last used <When atMs={account.lastUsedAtMs} />
              </>
            )}
          </span>
          <a className="link" href={adminAddress('tokens', { account: handle })}>
            {counted(account.tokens, 'token')}
          </a>
          {person && <span>{hasPassword ? 'has a password' : 'has no password'}</span>}
          <a className="link" href={adminAddress('audit', { actor: handle })}>
            what it did
          </a>
        </p>
      </div>
      <details className="mt-1">
        <summary className="w-fit cursor-pointer text-sm">
          Change<span className="sr-only"> {handle}</span>
        </summary>
        <div className="mt-3 grid max-w-4xl gap-6 pb-2">
          <ActForm
            act={disabled ? 'users.enable' : 'users.disable'}
            back={back}
            button={disabled ? 'Enable' : 'Disable'}
            id={`disable-${handle}`}
          >
            <input name="handle" type="hidden" value={handle} />
            <p>
              {disabled
                ? 'Its tokens and sessions are good again.'
                : 'It is out at once: its tokens, its sessions, its agents and what it pushes now.'}
            </p>
          </ActForm>
          {person && (
            <ActForm
              act="users.setRole"
              back={back}
              button={role === 'admin' ? 'Make it a user' : 'Make it an admin'}
              id={`role-${handle}`}
            >
              <input name="handle" type="hidden" value={handle} />
              <input name="role" type="hidden" value={role === 'admin' ? 'user' : 'admin'} />
              <p>
                {role === 'admin'
                  ? 'It loses this area and what it may do to repositories of others.'
                  : 'It gets this area, and every right on every repository.'}
              </p>
            </ActForm>
          )}
          {person && <ResetForm handle={handle} />}
        </div>
      </details>
    </li>
  );
}
