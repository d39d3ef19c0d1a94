import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { api } from '~/trpc/server';
import { Button, ButtonLink } from '../_components/button';
import { csrfToken } from '../_components/csrf-token';
import { PageBody } from '../_components/page-body';

export const metadata = { title: 'Sign out' };

/** Asks once, since only a form may end a session; works without a script. */
export default async function LogoutPage() {
  const me = await api.account.me();
  if (!me) redirect('/');
  const token = csrfToken((await cookies()).getAll());
  if (token === null) redirect('/api/auth/signout');
  return (
    <PageBody narrow>
      <form action="/api/auth/signout" className="space-y-4 py-16 text-center" method="post">
        <input name="csrfToken" type="hidden" value={token} />
        <input name="callbackUrl" type="hidden" value="/" />
        <h1 className="font-semibold text-xl">Sign out?</h1>
        <p className="text-muted">
          You are signed in as <bdi className="font-semibold text-ink">{me.handle}</bdi>. Your
          tokens stay valid.
        </p>
        <p className="flex justify-center gap-2">
          <Button look="primary">Sign out</Button>
          <ButtonLink href="/">Stay</ButtonLink>
        </p>
      </form>
    </PageBody>
  );
}
