import type { Answers } from '~/server/api/root';
import { api } from '~/trpc/server';
import { adminAddress } from '../../../_components/address';
import { AdminRefused, AdminShell } from '../../../_components/admin-shell';
import { Badge } from '../../../_components/badge';
import { Card } from '../../../_components/card';
import { EmptyState } from '../../../_components/empty-state';
import { Pager } from '../../../_components/pager';
import { param, readKey, type SearchParams, writeKey } from '../../../_components/search-params';
import { When } from '../../../_components/when';
import { shortDate } from '../../../_components/wording';
import { ActForm, ActOutcome } from '../../act-form';
import { adminAnswer } from '../../admin-answer';
import { InviteForm } from './invite-form';

export const metadata = { title: 'Invitations · Administration' };

type Invitation = Answers['admin']['users']['invitations']['invitations'][number];

const STATES = {
  open: { tone: 'good', words: 'stands' },
  used: { tone: 'neutral', words: 'used up' },
  over: { tone: 'neutral', words: 'over' },
  revoked: { tone: 'bad', words: 'taken back' },
} as const;

/** Invitations to make an account, and codes to set a password: who made them, what became of them. */
export default async function InvitationsPage({ searchParams }: { searchParams: SearchParams }) {
  const before = readKey(await param(searchParams, 'before'));
  const asked = await adminAnswer(
    Promise.all([api.admin.users.invitations({ before }), api.admin.users.signUp()]),
  );
  const shell = { page: 'users', title: 'Invitations' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const [{ invitations, next }, { signUp }] = asked.answer;
  const address = (values: Record<string, string | null> = {}) =>
    adminAddress('users/invitations', values);
  return (
    <AdminShell
      {...shell}
      aside={
        <a className="link" href={adminAddress('users')}>
          Users
        </a>
      }
    >
      <ActOutcome searchParams={searchParams} />
      {signUp === 'closed' && (
        <p className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3">
          Nobody can join this hub, also with an invitation; change that on the{' '}
          <a className="link underline" href={adminAddress('users')}>
            page of the users
          </a>
          .
        </p>
      )}
      {invitations.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {invitations.map((invitation) => (
            <InvitationRow
              back={address({ before: before && writeKey(before.atMs, before.id) })}
              invitation={invitation}
              key={invitation.id}
            />
          ))}
        </ul>
      ) : (
        <EmptyState title="No invitations yet" />
      )}
      <Pager
        newer={before ? address() : undefined}
        newerLabel="Newest"
        older={next && address({ before: writeKey(next.atMs, next.id) })}
      />
      <div className="mt-8 max-w-2xl">
        <Card title="New invitation">
          <div className="p-4">
            <InviteForm />
          </div>
        </Card>
      </div>
    </AdminShell>
  );
}

function InvitationRow({ invitation, back }: { invitation: Invitation; back: string }) {
  const { id, forHandle, madeBy, note, uses, usesMax, state } = invitation;
  const { tone, words } = STATES[state];
  return (
    <li className="space-y-0.5 px-4 py-3">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="breakable min-w-0 font-semibold">
          {forHandle === null ? (
            <bdi>{note}</bdi>
          ) : (
            <>
              A new password for <bdi>{forHandle}</bdi>
            </>
          )}
        </span>
        <Badge tone={tone}>{words}</Badge>
      </p>
      <p className="flex flex-wrap gap-x-3 text-muted text-xs">
        <span>
          made <When atMs={invitation.createdAtMs} /> by <bdi>{madeBy}</bdi>
        </span>
        <span>
          used {uses} of {usesMax} times
        </span>
        <span>good until {shortDate(invitation.expiresAtMs)}</span>
      </p>
      {state === 'open' && (
        <details>
          <summary className="w-fit cursor-pointer text-sm">
            Take back<span className="sr-only"> {forHandle ?? note}</span>
          </summary>
          <div className="mt-3 max-w-4xl pb-2">
            <ActForm
              act="users.revokeInvitation"
              back={back}
              button="Take it back"
              id={`revoke-${id}`}
            >
              <input name="id" type="hidden" value={id} />
            </ActForm>
          </div>
        </details>
      )}
    </li>
  );
}
