import { api } from '~/trpc/server';
import { adminAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { Card } from '../../_components/card';
import { SelectField } from '../../_components/choice-field';
import { EmptyState } from '../../_components/empty-state';
import { FilterChoice, FilterForm, FilterText } from '../../_components/filter-controls';
import { TextField } from '../../_components/form-field';
import { Pager } from '../../_components/pager';
import { param, type SearchParams } from '../../_components/search-params';
import { ActForm, ActOutcome } from '../act-form';
import { adminAnswer } from '../admin-answer';
import { AccountRow } from './account-row';

export const metadata = { title: 'Users · Administration' };

const KINDS = ['human', 'agent'] as const;
const ROLES = ['user', 'admin'] as const;
const STATES = ['enabled', 'disabled'] as const;
const NAMES = ['text', 'kind', 'role', 'state'] as const;
const SIGN_UPS = [
  { value: 'closed', words: 'closed: only admins make accounts' },
  { value: 'invitation', words: 'by invitation: whoever has a code of an admin' },
  { value: 'open', words: 'open: everybody makes his own account' },
] as const;

/** The accounts of everybody, how new ones are come by, and what admins do to them. */
export default async function AdminUsersPage({ searchParams }: { searchParams: SearchParams }) {
  const words = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await param(searchParams, name)] as const)),
  ) as Record<(typeof NAMES)[number], string | null>;
  const after = (await param(searchParams, 'after'))?.slice(0, 100) ?? null;
  const asked = await adminAnswer(
    Promise.all([
      api.admin.users.list({
        text: words.text?.slice(0, 100) ?? '',
        kind: KINDS.find((kind) => kind === words.kind) ?? null,
        role: ROLES.find((role) => role === words.role) ?? null,
        disabled: words.state === null ? null : words.state === 'disabled',
        after,
      }),
      api.admin.users.signUp(),
    ]),
  );
  const shell = { page: 'users', title: 'Users' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const [{ accounts, next }, { signUp }] = asked.answer;
  const address = (values: Record<string, string | null> = {}) =>
    adminAddress('users', { ...words, ...values });
  return (
    <AdminShell
      {...shell}
      aside={
        <a className="link" href={adminAddress('users/invitations')}>
          Invitations
        </a>
      }
    >
      <ActOutcome searchParams={searchParams} />
      <FilterForm
        action={adminAddress('users')}
        isFiltered={Object.values(words).some((word) => word !== null)}
      >
        <FilterText label="Handle or name" name="text" value={words.text} />
        <FilterChoice
          any="Humans and agents"
          choices={KINDS}
          label="Human or agent"
          name="kind"
          value={words.kind}
        />
        <FilterChoice any="Any role" choices={ROLES} label="Role" name="role" value={words.role} />
        <FilterChoice
          any="Any state"
          choices={STATES}
          label="State"
          name="state"
          value={words.state}
        />
      </FilterForm>
      {accounts.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {accounts.map((account) => (
            <AccountRow account={account} back={address({ after })} key={account.handle} />
          ))}
        </ul>
      ) : (
        <EmptyState title="No such accounts" />
      )}
      <Pager
        newer={after ? address() : undefined}
        newerLabel="First page"
        older={next && address({ after: next })}
        olderLabel="More"
      />
      <div className="mt-8 grid items-start gap-6 lg:grid-cols-2">
        <Card title="New account">
          <div className="p-4">
            <NewAccountForm back={address({ after })} />
          </div>
        </Card>
        <Card title="Who may join">
          <div className="p-4">
            <ActForm
              act="users.setSignUp"
              back={address({ after })}
              button="Change"
              id="sign-up-reason"
            >
              <SelectField
                defaultValue={signUp}
                hint="With or without a password: also the sign-ins of other sites follow it."
                id="sign-up"
                label="Sign-up is"
                name="signUp"
              >
                {SIGN_UPS.map(({ value, words: meaning }) => (
                  <option key={value} value={value}>
                    {meaning}
                  </option>
                ))}
              </SelectField>
            </ActForm>
          </div>
        </Card>
      </div>
    </AdminShell>
  );
}

function NewAccountForm({ back }: { back: string }) {
  return (
    <ActForm act="users.create" back={back} button="Make the account" id="new-reason">
      <TextField
        autoCapitalize="none"
        autoComplete="off"
        id="new-handle"
        label="Handle"
        maxLength={39}
        name="handle"
        required
        spellCheck={false}
      />
      <TextField
        autoComplete="off"
        id="new-name"
        label="Name to show"
        maxLength={100}
        name="displayName"
      />
      <SelectField
        hint="A person gets in by a reset of the new account, which gives a code for a password."
        id="new-kind"
        label="It is"
        name="kind"
      >
        <option value="human">a person</option>
        <option value="agent">an agent</option>
      </SelectField>
      <TextField
        autoCapitalize="none"
        autoComplete="off"
        hint="For an agent: the handle of the person who answers for it."
        id="new-owner"
        label="Owner"
        maxLength={39}
        name="owner"
        spellCheck={false}
      />
    </ActForm>
  );
}
