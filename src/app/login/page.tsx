import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { api } from '~/trpc/server';
import { ERRORS, isErrorCode } from '~/wire/errors';
import { shownProblem } from '../_components/account-problem';
import { Button } from '../_components/button';
import { csrfToken } from '../_components/csrf-token';
import { TextField } from '../_components/form-field';
import { LoginButtons } from '../_components/login-buttons';
import { Logo } from '../_components/logo';
import { PageBody } from '../_components/page-body';
import { param, type SearchParams } from '../_components/search-params';

export const metadata = { title: 'Sign in' };

/** Problems that a form on this page leads back with; the others come from other sites. */
const OF_TOKEN = ['unauthenticated', 'token-expired', 'token-revoked', 'access-denied'];

/**
 * Sign in with a password, an access token or the sign-in of another site. The forms are next-auth's
 * own and work without a script: they need a cookie that next-auth sets on the way here, so whoever
 * comes without it is sent there first.
 */
export default async function LoginPage({ searchParams }: { searchParams: SearchParams }) {
  const callbackUrl = (await param(searchParams, 'callbackUrl')) ?? '/';
  const error = await param(searchParams, 'error');
  const csrf = csrfToken((await cookies()).getAll());
  const sentHere = (await param(searchParams, 'cookie')) !== null;
  if (csrf === null && !sentHere) {
    const query = { callbackUrl, ...(error !== null && { error }) };
    redirect(`/api/auth/signin?${new URLSearchParams(query)}`);
  }
  const { may, providers } = await api.join.state({});
  return (
    <PageBody narrow>
      <div className="mx-auto max-w-sm py-10">
        <div className="mb-6 flex flex-col items-center gap-2">
          <Logo size={40} />
          <h1 className="font-semibold text-xl">Sign in to musehub</h1>
        </div>
        {csrf === null ? (
          <p className="rounded-lg border border-line px-4 py-3" role="alert">
            Signing in needs cookies, and this browser does not keep them. Allow cookies for this
            hub and{' '}
            <a className="link underline" href="/login">
              try again
            </a>
            .
          </p>
        ) : (
          <SignInForms
            callbackUrl={callbackUrl}
            csrf={csrf}
            error={error}
            joinable={may !== 'closed'}
            providers={providers}
          />
        )}
      </div>
    </PageBody>
  );
}

interface FormsProps {
  csrf: string;
  callbackUrl: string;
  error: string | null;
  providers: { id: string; name: string }[];
  /** Whether people can make accounts here. */
  joinable: boolean;
}

function SignInForms({ csrf, callbackUrl, error, providers, joinable }: FormsProps) {
  const ofToken = error !== null && OF_TOKEN.includes(error);
  const problem = ofToken ? null : shownProblem(error);
  const hidden = (
    <>
      <input name="csrfToken" type="hidden" value={csrf} />
      <input name="callbackUrl" type="hidden" value={callbackUrl} />
    </>
  );
  return (
    <div className="space-y-4">
      {problem && (
        <p className="rounded-lg border border-line bg-warn-soft px-4 py-3" role="alert">
          {problem.sentence}
        </p>
      )}
      <form
        action="/api/auth/callback/password"
        className="space-y-4 rounded-lg border border-line p-5"
        method="post"
      >
        {hidden}
        <TextField
          autoCapitalize="none"
          autoComplete="username"
          autoFocus={!ofToken}
          id="handle"
          label="Handle"
          maxLength={100}
          name="handle"
          required
          spellCheck={false}
        />
        <TextField
          autoComplete="current-password"
          id="password"
          label="Password"
          maxLength={1024}
          name="password"
          required
          type="password"
        />
        <div className="grid">
          <Button look="primary">Sign in</Button>
        </div>
      </form>
      <LoginButtons callbackUrl={callbackUrl} csrf={csrf} providers={providers} />
      <details className="rounded-lg border border-line" open={ofToken}>
        <summary className="cursor-pointer px-5 py-3 font-medium">
          Sign in with an access token
        </summary>
        <form action="/api/auth/callback/token" className="space-y-4 px-5 pb-5" method="post">
          {hidden}
          <TextField
            autoComplete="off"
            autoFocus={ofToken}
            error={ofToken ? sentenceOf(error) : null}
            hint={
              <>
                The same token that the command line uses; it begins with muse_pat_ or muse_agt_.
                That of the first administrator is in the file{' '}
                <code className="font-mono">admin-token</code> of the hub’s data folder.
              </>
            }
            id="token"
            label="Access token"
            name="token"
            required
            spellCheck={false}
            type="password"
          />
          <Button>Sign in with the token</Button>
        </form>
      </details>
      {joinable && (
        <p className="text-center text-muted">
          New here?{' '}
          <a className="link underline" href="/join">
            Make an account
          </a>
        </p>
      )}
    </div>
  );
}

const sentenceOf = (error: string): string =>
  isErrorCode(error) && error !== 'unauthenticated'
    ? ERRORS[error].sentence
    : 'This is not an access token of this hub; check that it is whole.';
