'use client';

import { type FormEvent, useState } from 'react';
import type { Answers } from '~/server/api/root';
import { useAction } from '~/trpc/action';
import { Button } from '../../_components/button';
import { Choice, ChoiceGroup, FormError } from '../../_components/choice-field';
import { CommandLine } from '../../_components/command-line';
import { TextArea, TextField } from '../../_components/form-field';
import { scopeWords } from '../../_components/scope-words';
import { TokenDaysField } from '../../_components/token-days-field';
import { shortDate } from '../../_components/wording';

type Created = Answers['token']['create'];

/** Makes a token and shows its text, once. */
export function NewTokenForm({
  daysMax,
  hubUrl,
  agent,
}: {
  daysMax: number;
  hubUrl: string;
  /** Whose token it becomes, when it is not one's own. */
  agent?: string;
}) {
  const { run, busy, error } = useAction();
  const [created, setCreated] = useState<Created | null>(null);
  const [narrowed, setNarrowed] = useState(false);
  if (created) return <NewToken again={() => setCreated(null)} hubUrl={hubUrl} token={created} />;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const wanted = {
      name: text('name'),
      scopes: [text('scope') as 'read' | 'write' | 'admin'],
      repositories: narrowed
        ? text('repositories')
            .split(/[\s,]+/)
            .filter(Boolean)
        : null,
      branchPattern: text('branchPattern') || null,
      days: Number(text('days')),
    };
    const made = await run((api) =>
      agent === undefined
        ? api.token.create.mutate(wanted)
        : api.agent.createToken.mutate({ ...wanted, handle: agent }),
    );
    if (made) setCreated(made);
  };
  return (
    <>
      <noscript>
        <p className="px-4 py-3">
          Making a token here needs JavaScript
          {agent === undefined && (
            <>
              ; the command line does it too:{' '}
              <code className="font-mono">musehub token create NAME</code>
            </>
          )}
          .
        </p>
      </noscript>
      <form className="needs-script max-w-2xl space-y-5 p-4" method="post" onSubmit={submit}>
        <TextField
          autoComplete="off"
          hint="What will use it: “laptop”, “CI of demo”."
          id="token-name"
          label="Name"
          maxLength={100}
          name="name"
          required
        />
        <ChoiceGroup legend="It may">
          <Choice
            hint="Fetch, clone and browse."
            label={scopeWords(['read'])}
            name="scope"
            type="radio"
            value="read"
          />
          <Choice
            defaultChecked
            hint="Also make repositories and comments."
            label={scopeWords(['write'])}
            name="scope"
            type="radio"
            value="write"
          />
          <Choice
            hint={
              agent === undefined
                ? 'Everything that you may do.'
                : 'Everything that the agent may do.'
            }
            label={scopeWords(['admin'])}
            name="scope"
            type="radio"
            value="admin"
          />
        </ChoiceGroup>
        <ChoiceGroup legend="Repositories">
          <Choice
            checked={!narrowed}
            label={`all ${agent === undefined ? 'your' : 'its'} repositories, also those to come`}
            name="reach"
            onChange={() => setNarrowed(false)}
            type="radio"
          />
          <Choice
            checked={narrowed}
            label="only these"
            name="reach"
            onChange={() => setNarrowed(true)}
            type="radio"
          />
        </ChoiceGroup>
        {narrowed && (
          <TextArea
            hint="As owner/name, one in a line."
            id="token-repositories"
            label="Names of the repositories"
            name="repositories"
            required
            spellCheck={false}
          />
        )}
        <TextField
          autoComplete="off"
          hint="Empty: every branch. * stands for anything without a slash, ** for anything: feature/**"
          id="token-branches"
          label="Branches it may push to"
          maxLength={255}
          name="branchPattern"
          spellCheck={false}
        />
        <TokenDaysField daysMax={daysMax} id="token-days" />
        <FormError error={error} />
        <Button disabled={busy} look="primary">
          Make the token
        </Button>
      </form>
    </>
  );
}

function NewToken({ token, hubUrl, again }: { token: Created; hubUrl: string; again: () => void }) {
  return (
    <div className="space-y-4 p-4">
      <p role="status">
        <strong>
          The token “<bdi>{token.name}</bdi>” is made. Copy it now: it is not shown again.
        </strong>{' '}
        It expires on {shortDate(token.expiresAtMs)}.
      </p>
      <CommandLine command={token.text} label="the token" />
      <div className="space-y-1.5">
        <p className="text-muted">Sign in the command line:</p>
        <CommandLine
          command={`printf %s '${token.text}' | musehub login ${hubUrl} --token-stdin`}
          label="the line for the command line"
        />
      </div>
      <div className="space-y-1.5">
        <p className="text-muted">Ask the hub with curl:</p>
        <CommandLine
          command={`curl -H 'Authorization: Bearer ${token.text}' ${hubUrl}/api/whoami`}
          label="the line for curl"
        />
      </div>
      <Button onClick={again} type="button">
        Done
      </Button>
    </div>
  );
}
