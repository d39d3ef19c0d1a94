import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { ERRORS, isErrorCode } from '~/wire/errors';
import { Button } from '../_components/button';
import { csrfToken } from '../_components/csrf-token';
import { TextField } from '../_components/form-field';
import { Logo } from '../_components/logo';
import { PageBody } from '../_components/page-body';
import { param, type SearchParams } from '../_components/search-params';

export const metadata = { title: 'Sign in' };

/**
 * Sign in with an access token. The form is next-auth's own and works without a script: it needs a
 * cookie that next-auth sets on the way here, so whoever comes without it is sent there first.
 */
export default async function LoginPage({ searchParams }: { searchParams: SearchParams }) {
  const callbackUrl = (await param(searchParams, 'callbackUrl')) ?? '/';
  const error = await param(searchParams, 'error');
  const token = csrfToken((await cookies()).getAll());
  const sentHere = (await param(searchParams, 'cookie')) !== null;
  if (token === null && !sentHere) {
    redirect(`/api/auth/signin?${new URLSearchParams({ callbackUrl })}`);
  }
  return (
    <PageBody narrow>
      <div className="mx-auto max-w-sm py-10">
        <div className="mb-6 flex flex-col items-center gap-2">
          <Logo size={40} />
          <h1 className="font-semibold text-xl">Sign in to musehub</h1>
        </div>
        {token === null ? (
          <p className="rounded-lg border border-line px-4 py-3" role="alert">
            Signing in needs cookies, and this browser does not keep them. Allow cookies for this
            hub and{' '}
            <a className="link underline" href="/login">
              try again
            </a>
            .
          </p>
        ) : (
          <form
            action="/api/auth/callback/token"
            className="space-y-4 rounded-lg border border-line p-5"
            method="post"
          >
            <input name="csrfToken" type="hidden" value={token} />
            <input name="callbackUrl" type="hidden" value={callbackUrl} />
            <TextField
              autoComplete="current-password"
              autoFocus
              error={error === null ? null : sentenceOf(error)}
              hint="The same token that the command line uses; it begins with muse_pat_ or muse_agt_."
              id="token"
              label="Access token"
              name="token"
              required
              spellCheck={false}
              type="password"
            />
            <Button look="primary">Sign in</Button>
          </form>
        )}
        <p className="mt-4 text-center text-muted text-xs">
          The first administrator's token is in the file{' '}
          <code className="font-mono">admin-token</code> of the hub's data folder.
        </p>
      </div>
    </PageBody>
  );
}

const sentenceOf = (error: string): string =>
  isErrorCode(error) && error !== 'unauthenticated'
    ? ERRORS[error].sentence
    : 'This is not an access token of this hub; check that it is whole.';
