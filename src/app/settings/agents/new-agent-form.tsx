'use client';

import { useRouter } from 'next/navigation';
import type { FormEvent } from 'react';
import { useAction } from '~/trpc/action';
import { Button } from '../../_components/button';
import { FormError } from '../../_components/choice-field';
import { TextField } from '../../_components/form-field';

/** Makes an agent and leads to its page, where its tokens are made. */
export function NewAgentForm() {
  const router = useRouter();
  const { run, busy, error } = useAction();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    const made = await run((api) =>
      api.agent.create.mutate({ handle: text('handle'), displayName: text('displayName') }),
    );
    if (made) router.push(`/settings/agents/${made.handle}`);
  };
  return (
    <>
      <noscript>
        <p className="p-4">Making an agent needs JavaScript.</p>
      </noscript>
      <form className="needs-script max-w-2xl space-y-4 p-4" method="post" onSubmit={submit}>
        <TextField
          autoCapitalize="none"
          autoComplete="off"
          hint="Letters, digits and hyphens; it stands in addresses like yours does."
          id="agent-handle"
          label="Handle"
          maxLength={39}
          name="handle"
          required
          spellCheck={false}
        />
        <TextField
          autoComplete="off"
          hint="Shown beside the handle; may be empty."
          id="agent-name"
          label="Name to show"
          maxLength={100}
          name="displayName"
        />
        <FormError error={error} />
        <Button disabled={busy} look="primary">
          Make the agent
        </Button>
      </form>
    </>
  );
}
