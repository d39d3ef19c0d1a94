'use client';

import { type FormEvent, useState } from 'react';
import type { Answers } from '~/server/api/root';
import { useAction } from '~/trpc/action';
import type { RepoName } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { Choice, ChoiceGroup, FormError } from '../../../_components/choice-field';
import { TextField } from '../../../_components/form-field';

type General = Omit<Answers['settings']['get'], 'collaborators' | 'rules'>;

/** What a repository is, who sees it and what it takes. */
export function GeneralForm({
  repo,
  general,
  branches,
}: {
  repo: RepoName;
  general: General;
  branches: string[];
}) {
  const { run, busy, error } = useAction();
  const [saved, setSaved] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const defaultBranch = String(form.get('defaultBranch') ?? '').trim();
    const done = await run((api) =>
      api.settings.update.mutate({
        ...repo,
        description: String(form.get('description')),
        visibility: form.get('visibility') === 'private' ? 'private' : 'public',
        requireSigned: form.has('requireSigned'),
        refusePolyglot: form.has('refusePolyglot'),
        ...(defaultBranch === '' ? {} : { defaultBranch }),
      }),
    );
    setSaved(done !== null);
  };
  return (
    <form
      className="space-y-5 p-4"
      method="post"
      onChange={() => setSaved(false)}
      onSubmit={submit}
    >
      <TextField
        defaultValue={general.description}
        id="description"
        label="Description"
        maxLength={500}
        name="description"
      />
      <ChoiceGroup legend="Visibility">
        <Choice
          defaultChecked={general.visibility === 'public'}
          hint="Everyone can see and fetch it."
          label="public"
          name="visibility"
          type="radio"
          value="public"
        />
        <Choice
          defaultChecked={general.visibility === 'private'}
          hint="For everyone but its owner and collaborators it is not there."
          label="private"
          name="visibility"
          type="radio"
          value="private"
        />
      </ChoiceGroup>
      {general.defaultBranch !== null && (
        <>
          <TextField
            autoComplete="off"
            defaultValue={general.defaultBranch}
            hint="What pages and clones show first."
            id="default-branch"
            label="Default branch"
            list="branch-names"
            maxLength={255}
            name="defaultBranch"
            required
            spellCheck={false}
          />
          <datalist id="branch-names">
            {branches.map((branch) => (
              <option key={branch} value={branch} />
            ))}
          </datalist>
        </>
      )}
      <ChoiceGroup legend="Pushes">
        <Choice
          defaultChecked={general.requireSigned}
          hint="Every new commit must carry a signature that verifies with a registered key."
          label="only signed commits"
          name="requireSigned"
          type="checkbox"
        />
        <Choice
          defaultChecked={general.refusePolyglot}
          hint="Files that are valid in two formats at once, of which one can be run."
          label="refuse polyglot files"
          name="refusePolyglot"
          type="checkbox"
        />
      </ChoiceGroup>
      <FormError error={error} />
      <p className="flex flex-wrap items-center gap-3">
        <Button disabled={busy} look="primary">
          Save
        </Button>
        <span className="text-good" role="status">
          {saved && 'Saved.'}
        </span>
      </p>
    </form>
  );
}
