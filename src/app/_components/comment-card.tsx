import type { Answers } from '~/server/api/root';
import { COMMENT_MAX_LENGTH } from '~/server/services/add-comment';
import { ERRORS, isErrorCode } from '~/wire/errors';
import type { RepoName } from './address';
import { Button } from './button';
import { CommentPreview } from './comment-preview';
import { TextArea } from './form-field';
import { Person } from './person';
import { When } from './when';
import { count } from './wording';

type Comment = Answers['commit']['comments']['comments'][number];

/** What one person said, with the forms to change it for those who may; they need no script. */
export function CommentCard({
  repo: { owner, slug },
  commitId,
  comment,
  action,
  pageKey,
  error,
}: {
  repo: RepoName;
  commitId: string;
  comment: Comment;
  /** The address that its forms are sent to. */
  action: string;
  /** The key of the page of comments it stands on; null: the first. */
  pageKey: string | null;
  error: string | null;
}) {
  const repo = { owner, slug };
  const { id, author, body, html, mayEdit, mayDelete } = comment;
  return (
    <li className="scroll-mt-20 overflow-hidden rounded-lg border border-line" id={`comment-${id}`}>
      <div className="flex flex-wrap items-center gap-x-2 border-line border-b bg-surface px-4 py-1.5 text-muted text-xs">
        <span className="flex min-w-0 text-ink text-sm">
          <Person handle={author.handle} kind={author.kind} />
        </span>
        <When atMs={comment.createdAtMs} />
        {comment.editedAtMs !== null && (
          <span>
            edited <When atMs={comment.editedAtMs} />
          </span>
        )}
      </div>
      {html === null ? (
        <p className="breakable whitespace-pre-wrap px-4 py-3">
          <bdi>{body}</bdi>
        </p>
      ) : (
        <div
          className="prose prose-small breakable px-4 py-3"
          // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by renderMarkdown
          dangerouslySetInnerHTML={{ __html: html }}
          dir="auto"
        />
      )}
      {error !== null && !mayEdit && (
        <p className="px-4 pb-3 font-medium text-bad" role="alert">
          {error}
        </p>
      )}
      {(mayEdit || mayDelete) && (
        <div className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 pb-2.5 text-xs">
          {mayEdit && (
            <details className="open:basis-full" open={error !== null}>
              <summary className="text-muted hover:text-ink">Edit</summary>
              <form action={action} className="mt-2 space-y-2 text-sm" method="post">
                <Hidden act="edit" pageKey={pageKey} />
                <CommentPreview commitId={commitId} field={`edit-${id}`} repo={repo}>
                  <TextArea
                    defaultValue={body}
                    error={error}
                    id={`edit-${id}`}
                    label="Change the comment"
                    maxLength={COMMENT_MAX_LENGTH}
                    name="body"
                    required
                  />
                </CommentPreview>
                <Button look="primary">Save</Button>
              </form>
            </details>
          )}
          {mayDelete && (
            <details className="open:basis-full">
              <summary className="text-muted hover:text-ink">Delete</summary>
              <form action={action} className="mt-2" method="post">
                <Hidden act="delete" pageKey={pageKey} />
                <Button>
                  <span className="text-bad">Delete the comment for good</span>
                </Button>
              </form>
            </details>
          )}
        </div>
      )}
    </li>
  );
}

function Hidden({ act, pageKey }: { act: 'edit' | 'delete'; pageKey: string | null }) {
  return (
    <>
      <input name="act" type="hidden" value={act} />
      {pageKey !== null && <input name="comments" type="hidden" value={pageKey} />}
    </>
  );
}

/** The address names a code only; what it says comes from here. */
export const commentError = (code: string): string =>
  code === 'limit-exceeded'
    ? `A comment has 1 to ${count(COMMENT_MAX_LENGTH)} characters.`
    : ERRORS[isErrorCode(code) ? code : 'internal'].sentence;
