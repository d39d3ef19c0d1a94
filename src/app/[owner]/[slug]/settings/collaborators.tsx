'use client';

import type { FormEvent } from 'react';
import type { Answers } from '~/server/api/root';
import { useAction } from '~/trpc/action';
import type { RepoName } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { FormError, SelectField } from '../../../_components/choice-field';
import { ConfirmButton } from '../../../_components/confirm-button';
import { TextField } from '../../../_components/form-field';
import { Person } from '../../../_components/person';

type Collaborator = Answers['settings']['get']['collaborators'][number];
type Permission = Collaborator['permission'];

const MAY: Record<Permission, string> = {
  read: 'may read',
  write: 'may read and push',
  admin: 'may do everything',
};

/** Who beside the owner may use the repository. */
export function Collaborators({
  repo,
  collaborators,
}: {
  repo: RepoName;
  collaborators: Collaborator[];
}) {
  const { run, busy, error } = useAction();
  const set = (handle: string, permission: Permission | null) =>
    run((api) => api.settings.setCollaborator.mutate({ ...repo, handle, permission }));
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    const handle = String(form.get('handle')).trim();
    if (await set(handle, form.get('permission') as Permission)) target.reset();
  };
  return (
    <>
      {collaborators.length > 0 ? (
        <ul className="divide-y divide-line border-line border-b">
          {collaborators.map(({ handle, kind, permission }) => (
            <li
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-2.5"
              key={handle}
            >
              <span className="flex min-w-0 flex-wrap items-center gap-x-2">
                <Person handle={handle} kind={kind} />
                <span className="text-muted">{MAY[permission]}</span>
              </span>
              <span className="needs-script">
                <ConfirmButton
                  busy={busy}
                  label={`Remove ${handle}`}
                  onConfirm={() => void set(handle, null)}
                  question="Take the access back"
                >
                  Remove
                </ConfirmButton>
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="border-line border-b px-4 py-3 text-muted">
          Nobody but the owner, and the admins of this hub.
        </p>
      )}
      <form className="needs-script space-y-4 p-4" method="post" onSubmit={submit}>
        <div className="flex flex-wrap items-end gap-3">
          <div className="min-w-0 flex-1 basis-48">
            <TextField
              autoCapitalize="none"
              autoComplete="off"
              id="handle"
              label="Account"
              maxLength={40}
              name="handle"
              required
              spellCheck={false}
            />
          </div>
          <SelectField defaultValue="write" id="permission" label="Permission" name="permission">
            {Object.entries(MAY).map(([key, words]) => (
              <option key={key} value={key}>
                {words}
              </option>
            ))}
          </SelectField>
          <Button disabled={busy}>Give access</Button>
        </div>
        <FormError error={error} />
      </form>
    </>
  );
}
