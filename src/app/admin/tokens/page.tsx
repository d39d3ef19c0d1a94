import { api } from '~/trpc/server';
import { adminAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { EmptyState } from '../../_components/empty-state';
import { FilterChoice, FilterForm, FilterText } from '../../_components/filter-controls';
import { Pager } from '../../_components/pager';
import { param, readKey, type SearchParams, writeKey } from '../../_components/search-params';
import { ActForm, ActOutcome } from '../act-form';
import { adminAnswer } from '../admin-answer';
import { TokenRow } from './token-row';

export const metadata = { title: 'Tokens · Administration' };

const KINDS = ['human', 'agent'] as const;
const SCOPES = ['read', 'write', 'admin'] as const;
const STATES = [
  { value: 'unused', words: 'unused for 90 days' },
  { value: 'expiring', words: 'expired, or within a week' },
];
const NAMES = ['account', 'kind', 'scope', 'state'] as const;

/** The tokens of everybody: what each can do, when it was used last, and a way to end them. */
export default async function AdminTokensPage({ searchParams }: { searchParams: SearchParams }) {
  const words = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await param(searchParams, name)] as const)),
  ) as Record<(typeof NAMES)[number], string | null>;
  const before = readKey(await param(searchParams, 'before'));
  const asked = await adminAnswer(
    api.admin.tokens.list({
      account: words.account,
      kind: KINDS.find((kind) => kind === words.kind) ?? null,
      scope: SCOPES.find((scope) => scope === words.scope) ?? null,
      unused: words.state === 'unused',
      expiring: words.state === 'expiring',
      before,
    }),
  );
  const shell = { page: 'tokens', title: 'Tokens' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { rows, next } = asked.answer;
  const address = (values: Record<string, string | null> = {}) =>
    adminAddress('tokens', { ...words, ...values });
  return (
    <AdminShell {...shell}>
      <ActOutcome searchParams={searchParams} />
      <FilterForm
        action={adminAddress('tokens')}
        isFiltered={Object.values(words).some((word) => word !== null)}
      >
        <FilterText label="Account" name="account" value={words.account} />
        <FilterChoice
          any="Humans and agents"
          choices={KINDS}
          label="Human or agent"
          name="kind"
          value={words.kind}
        />
        <FilterChoice
          any="Any scope"
          choices={SCOPES}
          label="Scope"
          name="scope"
          value={words.scope}
        />
        <FilterChoice
          any="Any state"
          choices={STATES}
          label="State"
          name="state"
          value={words.state}
        />
      </FilterForm>
      {rows.length > 0 ? (
        <ActForm
          act="tokens.revoke"
          danger
          back={address()}
          button="Revoke the chosen tokens"
          id="revoke-reason"
        >
          <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
            {rows.map((token) => (
              <TokenRow key={token.id} token={token} />
            ))}
          </ul>
        </ActForm>
      ) : (
        <EmptyState title="No such tokens" />
      )}
      <Pager
        newer={before ? address() : undefined}
        newerLabel="Newest"
        older={next && address({ before: writeKey(next.atMs, next.id) })}
      />
    </AdminShell>
  );
}
