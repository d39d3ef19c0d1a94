import type { Answers } from '~/server/api/root';
import { COMMENT_MAX_LENGTH } from '~/server/services/add-comment';
import { commitAddress, type RepoName } from './address';
import { Button, ButtonLink } from './button';
import { CommandLine } from './command-line';
import { CommentCard, commentError } from './comment-card';
import { CommentPreview } from './comment-preview';
import type { ShownCommit } from './commit-summary';
import { TextArea } from './form-field';
import { hubUrl } from './hub-url';
import { writeKey } from './search-params';
import { count } from './wording';

/** What is said about a commit, and a way to say something. */
export function CommentSection({
  repo,
  commit,
  page,
  pageKey,
  signedIn,
  error,
}: {
  repo: RepoName;
  commit: ShownCommit;
  page: Answers['commit']['comments'];
  /** The key of the page in the address; null: the first. */
  pageKey: string | null;
  /** The handle of who is signed in; null: nobody. */
  signedIn: string | null;
  /** What was refused of which form: its code, and the form's anchor. */
  error: { code: string; form: string } | null;
}) {
  const address = commitAddress(repo, commit.id);
  return (
    <section aria-labelledby="comments" className="mt-8 max-w-3xl">
      <h2 className="mb-3 font-semibold text-base" id="comments">
        Comments <span className="font-normal text-muted">{count(commit.comments)}</span>
      </h2>
      {pageKey !== null && (
        <p className="mb-3">
          <a className="link" href={`${address}#comments`}>
            First comments
          </a>
        </p>
      )}
      {page.comments.length > 0 ? (
        <ol className="space-y-3">
          {page.comments.map((comment) => (
            <CommentCard
              action={`${address}/comments/${comment.id}`}
              comment={comment}
              commitId={commit.id}
              error={error?.form === `comment-${comment.id}` ? commentError(error.code) : null}
              key={comment.id}
              pageKey={pageKey}
              repo={repo}
            />
          ))}
        </ol>
      ) : (
        <p className="text-muted">No comments yet. Be the first to start the discussion.</p>
      )}
      {page.next && (
        <p className="mt-3">
          <ButtonLink
            href={`${address}?comments=${writeKey(page.next.createdAtMs, page.next.id)}#comments`}
          >
            Later comments
          </ButtonLink>
        </p>
      )}
      <div className="mt-4 space-y-4">
        <CommandLine
          command={`muse hub commit comment ${commit.id} --body "your comment"`}
          label="the comment line"
        />
        <div className="space-y-1.5">
          <p className="text-muted text-xs">Or with the command line of this hub, from anywhere:</p>
          <CommandLine
            command={`musehub commit comment ${commit.id} --to ${hubUrl()}/${repo.owner}/${repo.slug} --body "your comment"`}
            label="the comment line of musehub"
          />
        </div>
        {signedIn === null ? (
          <p className="text-muted">
            <a
              className="link underline"
              href={`/login?callbackUrl=${encodeURIComponent(address)}`}
            >
              Sign in
            </a>{' '}
            to comment here.
          </p>
        ) : (
          <form action={`${address}/comments`} className="space-y-2" id="new-comment" method="post">
            <CommentPreview
              commitId={commit.id}
              field="comment-body"
              repo={{ owner: repo.owner, slug: repo.slug }}
            >
              <TextArea
                error={error?.form === 'new-comment' ? commentError(error.code) : null}
                hint="Markdown is shown as such."
                id="comment-body"
                label="Your comment"
                maxLength={COMMENT_MAX_LENGTH}
                name="body"
                required
              />
            </CommentPreview>
            <Button look="primary">Comment</Button>
          </form>
        )}
      </div>
    </section>
  );
}
