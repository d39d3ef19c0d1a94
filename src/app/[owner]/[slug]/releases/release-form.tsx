'use client';

import type { FormEvent } from 'react';
import { isChannel, RELEASE_CHANNELS, type ReleaseChannel } from '~/muse/semver';
import { useAction } from '~/trpc/action';
import { type RepoName, releaseAddress } from '../../../_components/address';
import { Button } from '../../../_components/button';
import { Choice, FormError, SelectField } from '../../../_components/choice-field';
import { TextArea, TextField } from '../../../_components/form-field';
import { ActFields, actAddress } from '../../../_components/plain-act';

export interface ReleaseWords {
  tag: string;
  channel: ReleaseChannel;
  title: string;
  body: string;
  isDraft: boolean;
}

/** Makes a release, or changes the words of one. */
export function ReleaseForm({
  repo,
  defaultRef,
  release,
}: {
  repo: RepoName;
  /** What a new release is of, until something else is said. */
  defaultRef: string;
  /** null: a new one. */
  release: ReleaseWords | null;
}) {
  const { run, busy, error } = useAction();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    const words = { title: text('title'), body: text('body'), isDraft: form.has('isDraft') };
    const chosen = text('channel');
    const channel = isChannel(chosen) ? chosen : null;
    if (release) {
      const change = { ...repo, ...words, tag: release.tag, channel: channel ?? release.channel };
      const done = await run((api) => api.release.update.mutate(change));
      if (done) window.location.assign(releaseAddress(repo, release.tag));
      return;
    }
    const wanted = { ...repo, ...words, tag: text('tag'), ref: text('ref'), channel };
    const made = await run((api) => api.release.create.mutate(wanted));
    if (made) window.location.assign(releaseAddress(repo, made.tag));
  };
  return (
    <form action={actAddress(repo)} className="space-y-4 p-4" method="post" onSubmit={submit}>
      {release ? (
        <ActFields act="release.update" fields={{ tag: release.tag }} />
      ) : (
        <ActFields act="release.create" />
      )}
      {!release && (
        <>
          <TextField
            autoComplete="off"
            hint="A version, such as v1.2.0 or v1.3.0-beta.1."
            id="release-tag"
            label="Version"
            maxLength={100}
            name="tag"
            required
            spellCheck={false}
          />
          <TextField
            autoComplete="off"
            defaultValue={defaultRef}
            hint="A branch, a tag or the whole id of a commit."
            id="release-ref"
            label="Commit"
            name="ref"
            required
            spellCheck={false}
          />
        </>
      )}
      <TextField
        defaultValue={release?.title}
        id="release-title"
        label="Title"
        maxLength={200}
        name="title"
      />
      <TextArea
        defaultValue={release?.body}
        hint="Markdown. The commits since the last release are listed by themselves."
        id="release-body"
        label="Notes"
        maxLength={200_000}
        name="body"
        rows={10}
      />
      <SelectField
        defaultValue={release?.channel ?? ''}
        id="release-channel"
        label="Channel"
        name="channel"
      >
        {!release && <option value="">as the version says</option>}
        {RELEASE_CHANNELS.map((channel) => (
          <option key={channel} value={channel}>
            {channel}
          </option>
        ))}
      </SelectField>
      <Choice
        defaultChecked={release?.isDraft}
        hint="Only those who may write see it."
        label="a draft"
        name="isDraft"
        type="checkbox"
      />
      <FormError error={error} />
      <Button disabled={busy} look="primary">
        {release ? 'Save the release' : 'Make the release'}
      </Button>
    </form>
  );
}
