import { shownProblem } from '../_components/account-problem';
import { Button } from '../_components/button';
import { CodeField } from '../_components/code-field';
import { Logo } from '../_components/logo';
import { NewPasswordField } from '../_components/new-password-field';
import { PageBody } from '../_components/page-body';
import { param, type SearchParams } from '../_components/search-params';

export const metadata = { title: 'Set a password' };

/** Where a password is set with the code that an admin gave; works without a script. */
export default async function ResetPage({ searchParams }: { searchParams: SearchParams }) {
  const problem = shownProblem(await param(searchParams, 'error'));
  const errorOf = (field: string) => (problem?.field === field ? problem.sentence : null);
  return (
    <PageBody narrow>
      <div className="mx-auto max-w-sm py-10">
        <div className="mb-6 flex flex-col items-center gap-2">
          <Logo size={40} />
          <h1 className="font-semibold text-xl">Set your password</h1>
        </div>
        {problem?.field === null && (
          <p className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3" role="alert">
            {problem.sentence}
          </p>
        )}
        <form
          action="/reset/password"
          className="space-y-4 rounded-lg border border-line p-5"
          method="post"
        >
          <p>With the code that an admin of this hub gave you. It works once.</p>
          <CodeField error={errorOf('code')} />
          <NewPasswordField error={errorOf('password')} label="New password" />
          <div className="grid">
            <Button look="primary">Set it and sign in</Button>
          </div>
        </form>
      </div>
    </PageBody>
  );
}
