'use client';

import type { FormEvent } from 'react';
import type { Answers } from '~/server/api/root';
import { useAction } from '~/trpc/action';
import type { RepoName } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { Choice, ChoiceGroup, FormError } from '../../../_components/choice-field';
import { ConfirmButton } from '../../../_components/confirm-button';
import { TextField } from '../../../_components/form-field';
import { RuleWords } from '../../../_components/rule-words';

type Rule = Answers['settings']['get']['rules'][number];

/** What may be done to which branches. */
export function Rules({ repo, rules }: { repo: RepoName; rules: Rule[] }) {
  const { run, busy, error } = useAction();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    const done = await run((api) =>
      api.settings.setRule.mutate({
        ...repo,
        pattern: String(form.get('pattern')).trim(),
        pushRole: form.has('adminsOnly') ? 'admin' : 'write',
        allowForce: form.has('allowForce'),
        allowDelete: form.has('allowDelete'),
        requireSigned: form.has('requireSigned'),
      }),
    );
    if (done) target.reset();
  };
  return (
    <>
      {rules.length > 0 ? (
        <ul className="divide-y divide-line border-line border-b">
          {rules.map((rule) => (
            <li
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-2.5"
              key={rule.pattern}
            >
              <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
                <code className="breakable font-mono text-[0.8125rem]">
                  <bdi>{rule.pattern}</bdi>
                </code>
                <RuleWords rule={rule} />
              </span>
              <span className="needs-script">
                <ConfirmButton
                  busy={busy}
                  label={`Remove the rule for ${rule.pattern}`}
                  onConfirm={() =>
                    void run((api) =>
                      api.settings.removeRule.mutate({ ...repo, pattern: rule.pattern }),
                    )
                  }
                  question="Remove the rule"
                >
                  Remove
                </ConfirmButton>
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="border-line border-b px-4 py-3 text-muted">
          No rules: whoever may push may also force and delete branches.
        </p>
      )}
      <form className="needs-script space-y-4 p-4" method="post" onSubmit={submit}>
        <TextField
          autoComplete="off"
          hint="* stands for anything without a slash, ** for anything: release/*"
          id="pattern"
          label="Branches"
          maxLength={255}
          name="pattern"
          required
          spellCheck={false}
        />
        <ChoiceGroup legend="There">
          <Choice label="only admins may push" name="adminsOnly" type="checkbox" />
          <Choice label="only signed commits are taken" name="requireSigned" type="checkbox" />
          <Choice
            hint="Without it, a push that is no fast-forward is refused."
            label="force is allowed"
            name="allowForce"
            type="checkbox"
          />
          <Choice label="branches may be deleted" name="allowDelete" type="checkbox" />
        </ChoiceGroup>
        <FormError error={error} />
        <Button disabled={busy}>Set the rule</Button>
      </form>
    </>
  );
}
