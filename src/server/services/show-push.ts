import type { Id } from '~/muse/ids';
import type { WholePushRow } from '~/server/ports/browse-store';
import { ERRORS, type ErrorCode, Refusal } from '~/wire/errors';
import { SFRAME_ERROR, type Warning } from '~/wire/frames';
import { replyFields } from '~/wire/reply-codec';
import type { BrowseDeps } from './browse-deps';
import { describeCommits, type ListedCommit } from './list-commits';
import { type ShownPush, visiblePush } from './list-pushes';
import type { OpenRepository } from './open-repository';

/** Where a push's list of commits goes on: below this generation and id. */
export interface PushedCommitCursor {
  generation: number;
  id: Id;
}

/** Why a push was refused, or how it failed. */
export interface ShownRefusal {
  code: ErrorCode;
  /** What exactly was wrong. */
  message: string;
  /** What to do, as the list of codes says it. */
  fix: string;
  retryable: boolean;
}

/** Everything a push's page shows. */
export interface WholePush {
  push: ShownPush;
  /** Where it came from; null for all but admins of the hub. */
  address: string | null;
  refusal: ShownRefusal | null;
  warnings: Warning[];
  /** The ending frame as it was sent, as JSON text; null for those who may not push here. */
  frame: string | null;
  /** The branch's present head; null when it is not there. */
  branchHead: Id | null;
  /** Its commits, children first, and where the next page of them begins. */
  commits: ListedCommit[];
  next: PushedCommitCursor | null;
}

/**
 * A push with the commits that it brought. One that was not accepted is there for those with write
 * access only.
 *
 * Throws `Refusal` `object-not-found`.
 */
export async function showPush(
  repo: OpenRepository,
  query: { id: string; before: PushedCommitCursor | null; limit: number },
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<WholePush> {
  const repoId = repo.entry.id;
  const row = await browse.findPushById(repoId, query.id);
  if (!row || (row.outcome !== 'accepted' && !repo.mayWrite)) {
    throw new Refusal('object-not-found', {}, 'There is no such push here.');
  }
  const { address, frame, ...push } = row;
  const [branches, pushed] = await Promise.all([
    browse.findBranches(repoId, [push.branch]),
    push.seq === null
      ? []
      : browse.listPushedCommits(repoId, push.seq, {
          before: query.before,
          limit: query.limit + 1,
        }),
  ]);
  const page = pushed.slice(0, query.limit);
  const ids = page.map(({ id }) => id);
  const isHubAdmin = repo.principal.kind === 'user' && repo.principal.role === 'admin';
  return {
    push: visiblePush(repo, push),
    address: isHubAdmin ? address : null,
    refusal: refusalOf(frame),
    warnings: frame !== null && 'warnings' in frame ? frame.warnings : [],
    frame: repo.mayWrite ? frameText(repo, frame) : null,
    branchHead: branches.get(push.branch)?.head ?? null,
    commits: await describeCommits(repo, ids, { browse }),
    next: pushed.length > query.limit ? (page.at(-1) ?? null) : null,
  };
}

function refusalOf(frame: WholePushRow['frame']): ShownRefusal | null {
  if (frame?.type !== SFRAME_ERROR) return null;
  const { code, message, retryable } = frame;
  return { code, message, retryable, fix: ERRORS[code]?.sentence ?? message };
}

const frameText = (repo: OpenRepository, frame: WholePushRow['frame']): string | null =>
  frame && JSON.stringify(replyFields(frame, repo.entry.idFormat ?? 'bare'), null, 2);
