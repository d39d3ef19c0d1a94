import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { ticketOf } from '~/server/auth/invitation-ticket';
import { HANDLE_MAX_CHARS } from '~/server/services/account-limits';
import { api } from '~/trpc/server';
import { type ShownProblem, shownProblem } from '../_components/account-problem';
import { Button, ButtonLink } from '../_components/button';
import { CodeField } from '../_components/code-field';
import { csrfToken } from '../_components/csrf-token';
import { TextField } from '../_components/form-field';
import { hubUrl } from '../_components/hub-url';
import { LoginButtons } from '../_components/login-buttons';
import { Logo } from '../_components/logo';
import { NewPasswordField } from '../_components/new-password-field';
import { PageBody } from '../_components/page-body';
import { param, type SearchParams } from '../_components/search-params';

export const metadata = { title: 'Join' };

/** Where people make their accounts, as far as the hub lets them; works without a script. */
export default async function JoinPage({ searchParams }: { searchParams: SearchParams }) {
  if (await api.account.me()) redirect('/');
  const problem = shownProblem(await param(searchParams, 'error'));
  const ticket = ticketOf((await headers()).get('cookie'));
  const { may, providers } = await api.join.state({ ticket });
  const csrf = csrfToken((await cookies()).getAll());
  return (
    <PageBody narrow>
      <div className="mx-auto max-w-sm py-10">
        <div className="mb-6 flex flex-col items-center gap-2">
          <Logo size={40} />
          <h1 className="font-semibold text-xl">Join musehub</h1>
        </div>
        {problem && (problem.field === null || may === 'closed') && (
          <p className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3" role="alert">
            {problem.sentence}
          </p>
        )}
        {may === 'closed' && <Closed />}
        {may === 'code' && <CodeForm problem={problem} />}
        {may === 'yes' && (
          <div className="space-y-4">
            <AccountForm
              handle={await param(searchParams, 'handle')}
              name={await param(searchParams, 'name')}
              problem={problem}
            />
            {csrf === null ? (
              providers.length > 0 && (
                <p className="text-center">
                  <a className="link underline" href="/login?callbackUrl=%2F">
                    Join by the sign-in of another site
                  </a>
                </p>
              )
            ) : (
              <LoginButtons callbackUrl="/" csrf={csrf} providers={providers} verb="Join with" />
            )}
          </div>
        )}
        <p className="mt-4 text-center text-muted">
          You have an account?{' '}
          <a className="link underline" href="/login">
            Sign in
          </a>
        </p>
      </div>
    </PageBody>
  );
}

function Closed() {
  return (
    <div className="space-y-3 rounded-lg border border-line p-5 text-center">
      <p>Accounts on this hub are made by its admins. Ask one of them for yours.</p>
      <ButtonLink href="/explore">Look around</ButtonLink>
    </div>
  );
}

function CodeForm({ problem }: { problem: ShownProblem | null }) {
  return (
    <form action="/join/code" className="space-y-4 rounded-lg border border-line p-5" method="post">
      <p>Joining this hub needs an invitation of its admins. Begin with the code that you got.</p>
      <CodeField error={problem?.field === 'code' ? problem.sentence : null} />
      <div className="grid">
        <Button look="primary">Go on</Button>
      </div>
    </form>
  );
}

function AccountForm({
  handle,
  name,
  problem,
}: {
  handle: string | null;
  name: string | null;
  problem: ShownProblem | null;
}) {
  const errorOf = (field: string) => (problem?.field === field ? problem.sentence : null);
  return (
    <form
      action="/join/account"
      className="space-y-4 rounded-lg border border-line p-5"
      method="post"
    >
      <TextField
        autoCapitalize="none"
        autoComplete="username"
        defaultValue={handle ?? ''}
        error={errorOf('handle')}
        hint={`Your address will be ${hubUrl()}/handle. Letters, digits and hyphens.`}
        id="handle"
        label="Handle"
        maxLength={HANDLE_MAX_CHARS}
        name="handle"
        required
        spellCheck={false}
      />
      <TextField
        autoComplete="name"
        defaultValue={name ?? ''}
        error={errorOf('displayName')}
        hint="Shown beside the handle; may be empty."
        id="display-name"
        label="Name"
        maxLength={100}
        name="displayName"
      />
      <NewPasswordField error={errorOf('password')} label="Password" />
      <div className="grid">
        <Button look="primary">Make the account</Button>
      </div>
    </form>
  );
}
