'use client';

import { type FormEvent, useState } from 'react';
import { useAction } from '~/trpc/action';
import { Button } from '../../_components/button';
import { FormError } from '../../_components/choice-field';
import { TextArea, TextField } from '../../_components/form-field';

/** Registers a key by the line that `musehub key show` prints: the public key and its proof. */
export function NewKeyForm({ agent }: { agent?: string }) {
  const { run, busy, error } = useAction();
  const [added, setAdded] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const [publicKey = '', proof = ''] = String(form.get('key') ?? '')
      .trim()
      .split(/\s+/);
    const name = String(form.get('name') ?? '');
    setAdded(null);
    const made = await run((api) =>
      api.key.add.mutate({ name, publicKey, proof, agent: agent ?? null }),
    );
    if (!made) return;
    setAdded(made.name);
    element.reset();
  };
  return (
    <>
      <noscript>
        <p>Registering a key here needs JavaScript; the line above does without.</p>
      </noscript>
      <form className="needs-script space-y-5" method="post" onSubmit={submit}>
        <TextArea
          hint={
            <>
              The line that{' '}
              <code className="font-mono">
                musehub key show{agent === undefined ? '' : ` --as ${agent}`}
              </code>{' '}
              prints for a key: the public key, and a proof that its private half is at hand.
            </>
          }
          id="key-line"
          label={agent === undefined ? 'Or paste a key' : 'Key'}
          name="key"
          required
          rows={3}
          spellCheck={false}
        />
        <TextField
          autoComplete="off"
          hint="Where it is kept: “laptop”, “CI of demo”."
          id="key-name"
          label="Name"
          maxLength={100}
          name="name"
          required
        />
        <FormError error={error} />
        <p className="empty:hidden" role="status">
          {added !== null && (
            <>
              The key “<bdi>{added}</bdi>” is registered.
            </>
          )}
        </p>
        <Button disabled={busy} look="primary">
          Register the key
        </Button>
      </form>
    </>
  );
}
