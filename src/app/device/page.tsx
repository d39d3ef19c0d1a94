import { TRPCError } from '@trpc/server';
import type { Answers } from '~/server/api/root';
import { api } from '~/trpc/server';
import { ERRORS, isErrorCode } from '~/wire/errors';
import { ownAnswer } from '../_components/api-access';
import { Button } from '../_components/button';
import { Choice, ChoiceGroup, FormError } from '../_components/choice-field';
import { TextArea, TextField } from '../_components/form-field';
import { PageBody } from '../_components/page-body';
import { scopeWords } from '../_components/scope-words';
import { param, type SearchParams } from '../_components/search-params';
import { TokenDaysField } from '../_components/token-days-field';
import { When } from '../_components/when';

export const metadata = { title: 'Sign in a program' };

type Waiting = Answers['device']['show'];

/** Where a person decides about a program that wants to be signed in (docs/protocol.md §4). */
export default async function DevicePage({ searchParams }: { searchParams: SearchParams }) {
  const code = (await param(searchParams, 'code'))?.trim() ?? '';
  const done = await param(searchParams, 'done');
  const error = await param(searchParams, 'error');
  return (
    <PageBody narrow>
      <h1 className="mb-4 font-semibold text-xl">Sign in a program</h1>
      {done === 'approved' || done === 'denied' ? (
        <Done approved={done === 'approved'} />
      ) : (
        <Deciding code={code} error={error} />
      )}
    </PageBody>
  );
}

async function Deciding({ code, error }: { code: string; error: string | null }) {
  const address = code === '' ? '/device' : `/device?${new URLSearchParams({ code })}`;
  const found = await ownAnswer(findWaiting(code), address);
  if ('refusal' in found) {
    return (
      <p className="rounded-lg border border-line bg-warn-soft px-4 py-3" role="alert">
        {found.refusal}
      </p>
    );
  }
  const { answer } = found;
  if ('waiting' in answer) {
    return <Decision error={error === null ? null : sentenceOf(error)} waiting={answer.waiting} />;
  }
  return <CodeForm code={code} error={answer.error} />;
}

/** The program that waits with a code; what is wrong with the code otherwise. */
async function findWaiting(code: string): Promise<{ waiting: Waiting } | { error: string | null }> {
  try {
    // An empty code is asked too: whoever is not signed in is sent to sign in first.
    return { waiting: await api.device.show({ code }) };
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    const { code: kind, message } = error;
    if (kind === 'NOT_FOUND') return { error: code === '' ? null : message };
    if (kind === 'TOO_MANY_REQUESTS') return { error: message };
    if (kind === 'BAD_REQUEST') return { error: 'This is not a code; it has eight letters.' };
    throw error;
  }
}

function CodeForm({ code, error }: { code: string; error: string | null }) {
  return (
    <form action="/device" className="space-y-4 rounded-lg border border-line p-5" method="get">
      <TextField
        autoCapitalize="characters"
        autoComplete="off"
        autoFocus
        defaultValue={code}
        error={error}
        hint="Eight letters, as your terminal shows them: BCDF-GHJK."
        id="code"
        label="Code"
        maxLength={20}
        name="code"
        required
        spellCheck={false}
      />
      <Button look="primary">Continue</Button>
    </form>
  );
}

function Decision({ waiting, error }: { waiting: Waiting; error: string | null }) {
  const { code, client, address, createdAtMs, daysMax } = waiting;
  return (
    <form action="/device/decision" className="space-y-5" method="post">
      <input name="code" type="hidden" value={code} />
      <section className="space-y-3 rounded-lg border border-line p-5">
        <p>
          <bdi className="breakable font-semibold">{client || 'An unknown program'}</bdi> at the
          address <bdi className="breakable font-semibold">{address || 'unknown'}</bdi> asked{' '}
          <When atMs={createdAtMs} /> to be signed in as you. Its terminal shows this code:
        </p>
        <p className="rounded-md bg-sunken py-3 text-center font-mono font-semibold text-2xl tracking-widest">
          {code}
        </p>
        <p className="rounded-md bg-warn-soft px-3 py-2 text-sm">
          Approve only what you started yourself, just now, and only when the codes are the same.
          Nobody else has a reason to send you a code or a link to this page: who does wants to act
          as you.
        </p>
      </section>
      <section className="space-y-5 rounded-lg border border-line p-5">
        <h2 className="font-semibold">The token that it gets</h2>
        <TextField
          autoComplete="off"
          defaultValue={waiting.name}
          id="name"
          label="Name"
          maxLength={100}
          name="name"
          required
        />
        <ChoiceGroup legend="It may">
          {(['read', 'write', 'admin'] as const).map((scope) => (
            <Choice
              defaultChecked={scope === waiting.scope}
              key={scope}
              label={scopeWords([scope])}
              name="scope"
              type="radio"
              value={scope}
            />
          ))}
        </ChoiceGroup>
        <ChoiceGroup legend="Repositories">
          <Choice
            defaultChecked
            label="all your repositories, also those to come"
            name="reach"
            type="radio"
            value="all"
          />
          <Choice label="only those named below" name="reach" type="radio" value="some" />
        </ChoiceGroup>
        <TextArea
          hint="As owner/name, one in a line. Read only with the second choice."
          id="repositories"
          label="Names of the repositories"
          name="repositories"
          rows={2}
          spellCheck={false}
        />
        <TokenDaysField daysMax={daysMax} id="days" />
      </section>
      <FormError error={error} />
      <div className="flex flex-wrap gap-3">
        <Button look="primary" name="decision" value="approve">
          Approve
        </Button>
        {/* What is filled in wrongly does not keep anyone from saying no. */}
        <Button formNoValidate name="decision" value="deny">
          Deny
        </Button>
      </div>
    </form>
  );
}

function Done({ approved }: { approved: boolean }) {
  return (
    <div className="rounded-lg border border-line p-5" role="status">
      <p className="font-semibold text-base">{approved ? 'Approved' : 'Denied'}</p>
      <p className="mt-1 text-muted">
        {approved
          ? 'The program is signed in as soon as it asks again. You can close this page.'
          : 'The program gets nothing. You can close this page.'}
      </p>
      <p className="mt-3">
        <a className="link" href="/settings/tokens">
          Your access tokens
        </a>
      </p>
    </div>
  );
}

/** What was wrong with the form: a field's name, or one of the hub's codes. */
function sentenceOf(error: string): string {
  const own = FIELD_SENTENCES[error];
  if (own) return own;
  return isErrorCode(error) ? ERRORS[error].sentence : ERRORS['bad-frame'].sentence;
}

const FIELD_SENTENCES: Record<string, string> = {
  name: 'A token has a name of 1 to 100 characters.',
  days: 'Choose how long the token is valid.',
  repositories: 'Name the repositories as owner/name, or allow all of them.',
  'repo-not-found': 'One of the repositories is not there, or you may not see it.',
};
