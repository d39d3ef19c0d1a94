import { z } from 'zod';
import { addComment, previewComment } from '~/server/services/add-comment';
import { deleteComment, editComment } from '~/server/services/change-comment';
import { diffFiles } from '~/server/services/diff-files';
import { listChanges, pairWithParent } from '~/server/services/list-changes';
import { listComments } from '~/server/services/list-comments';
import { listCommits } from '~/server/services/list-commits';
import { showCommit } from '~/server/services/show-commit';
import { commentShape, commitShape, shownCommentShape, shownCommitShape } from '../commit-shape';
import { changesShape, diffQuery, diffShape, pageOfChanges } from '../diff-shape';
import { branchIn, idIn, idOut, limitIn } from '../id-shape';
import { createRouter, readProcedure } from '../trpc';

/** Changed files that one answer names. */
export const CHANGES_LISTED = 100;

/** The number of a parent, from 1. */
const parentIn = z.number().int().min(1).max(100).nullable().default(null);

const filterText = z.string().trim().min(1).max(200).nullable().default(null);

const commitPage = z.object({
  branch: z.string(),
  isDefault: z.boolean(),
  count: z.number(),
  firstPlace: z.number(),
  commits: z.array(commitShape),
  olderAfter: idOut.nullable(),
  newerBefore: idOut.nullable(),
});

export const commitRouter = createRouter({
  /** A page of a branch's commits, newest first. */
  list: readProcedure
    .input(
      z.object({
        branch: branchIn.nullable().default(null),
        after: idIn.nullable().default(null),
        before: idIn.nullable().default(null),
        limit: limitIn(100, 30),
        author: filterText,
        type: filterText,
        agent: filterText,
        text: filterText,
      }),
    )
    .output(commitPage)
    .query(({ ctx, input }) => {
      const { branch, after, before, limit, author, type, agent, text } = input;
      const asked = author ?? type ?? agent ?? text;
      const filter = asked === null ? null : { author, type, agent, text };
      return listCommits(ctx.repo, { branch, after, before, limit, filter }, ctx.deps);
    }),

  /** Everything of one commit. */
  get: readProcedure
    .input(z.object({ id: idIn, branch: branchIn.nullable().default(null) }))
    .output(shownCommitShape)
    .query(({ ctx, input }) => showCommit(ctx.repo, input.id, input.branch, ctx.deps)),

  /** The files it changed against a parent, the first if not told, with exact counts up to a bound. */
  changes: readProcedure
    .input(z.object({ id: idIn, parent: parentIn }))
    .output(changesShape)
    .query(async ({ ctx, input }) => {
      const pair = await pairWithParent(ctx.repo, input.id, input.parent, ctx.deps);
      const changes = await listChanges(ctx.repo, pair, ctx.deps);
      return { ...changes, files: changes.files.slice(0, CHANGES_LISTED) };
    }),

  /** A page of its differences from a parent, or one file's. */
  diff: readProcedure
    .input(diffQuery.extend({ id: idIn, parent: parentIn }))
    .output(diffShape)
    .query(async ({ ctx, input }) => {
      const { id, parent, ...query } = input;
      const pair = await pairWithParent(ctx.repo, id, parent, ctx.deps);
      return pageOfChanges(pair, await diffFiles(ctx.repo, pair, query, ctx.deps));
    }),

  comments: readProcedure
    .input(
      z.object({
        id: idIn,
        after: z.object({ createdAtMs: z.number(), id: z.uuid() }).nullable().default(null),
      }),
    )
    .output(
      z.object({
        comments: z.array(shownCommentShape),
        next: z.object({ createdAtMs: z.number(), id: z.string() }).nullable(),
      }),
    )
    .query(({ ctx, input }) => listComments(ctx.repo, input.id, input.after, ctx.deps)),

  addComment: readProcedure
    .input(z.object({ id: idIn, body: z.string() }))
    .output(commentShape)
    .mutation(({ ctx, input }) => addComment(ctx.repo, input.id, input.body, ctx.deps)),

  /** What a comment would look like; nothing is kept. By POST, since a text has no room in an address. */
  previewComment: readProcedure
    .input(z.object({ id: idIn, body: z.string() }))
    .output(z.object({ html: z.string() }))
    .mutation(({ ctx, input }) => ({ html: previewComment(ctx.repo, input.id, input.body) })),

  /** Its author may. */
  editComment: readProcedure
    .input(z.object({ id: idIn, comment: z.string().max(100), body: z.string() }))
    .output(commentShape)
    .mutation(({ ctx, input }) => {
      const { id, comment, body } = input;
      return editComment(ctx.repo, { commitId: id, id: comment }, body, ctx.deps);
    }),

  /** Its author may, and the admins of the repository. */
  deleteComment: readProcedure
    .input(z.object({ id: idIn, comment: z.string().max(100) }))
    .output(z.object({ done: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      await deleteComment(ctx.repo, { commitId: input.id, id: input.comment }, ctx.deps);
      return { done: true };
    }),
});
