'use client';

import { type ReactNode, useState } from 'react';
import type { RepoName } from './address';

type Shown = 'loading' | { html: string } | { error: string };

/**
 * The field of a comment, with a way to see what the hub makes of it before it is sent. The API's
 * client is loaded by the first look; without a script there is the field alone.
 */
export function CommentPreview({
  repo: { owner, slug },
  commitId: id,
  field,
  children,
}: {
  repo: RepoName;
  commitId: string;
  /** The id of the text area among the children. */
  field: string;
  children: ReactNode;
}) {
  const [shown, setShown] = useState<Shown | null>(null);

  const preview = async () => {
    const area = document.getElementById(field) as HTMLTextAreaElement;
    // An empty field is asked to be filled in, as it is when it is sent.
    if (shown !== null || !area.reportValidity()) return;
    setShown('loading');
    const { api, sentenceOf } = await import('~/trpc/change');
    try {
      setShown(await api.commit.previewComment.mutate({ owner, slug, id, body: area.value }));
    } catch (problem) {
      setShown({ error: sentenceOf(problem) });
    }
  };
  const look = (chosen: boolean) =>
    `cursor-pointer rounded-md px-2.5 py-1 ${chosen ? 'bg-sunken font-medium' : 'text-muted hover:text-ink'}`;
  return (
    <div className="space-y-2">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be one more box */}
      <div aria-label="The comment" className="needs-script flex gap-1 text-xs" role="group">
        <button
          aria-pressed={shown === null}
          className={look(shown === null)}
          onClick={() => setShown(null)}
          type="button"
        >
          Write
        </button>
        <button
          aria-pressed={shown !== null}
          className={look(shown !== null)}
          onClick={preview}
          type="button"
        >
          Preview
        </button>
      </div>
      <div hidden={shown !== null}>{children}</div>
      {shown !== null && <Preview shown={shown} />}
    </div>
  );
}

function Preview({ shown }: { shown: Shown }) {
  return (
    <section
      aria-busy={shown === 'loading'}
      aria-label="Preview"
      aria-live="polite"
      className="min-h-24 rounded-md border border-line px-4 py-3"
    >
      {shown === 'loading' ? (
        <p className="text-muted">Loading…</p>
      ) : 'error' in shown ? (
        <p className="font-medium text-bad">{shown.error}</p>
      ) : (
        <div
          className="prose prose-small breakable"
          // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by renderMarkdown
          dangerouslySetInnerHTML={{ __html: shown.html }}
          dir="auto"
        />
      )}
    </section>
  );
}
