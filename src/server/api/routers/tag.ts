import { z } from 'zod';
import { showTags } from '~/server/services/list-tags';
import { addTag } from '~/server/services/put-tags';
import { removeTag } from '~/server/services/remove-tag';
import { resolveCommit } from '~/server/services/resolve-ref';
import { commitShape } from '../commit-shape';
import { idOut, limitIn } from '../id-shape';
import { createRouter, readProcedure, writeProcedure } from '../trpc';

const cursor = z.object({ createdAtMs: z.number(), id: z.string().max(100) });

const tagShape = z.object({
  id: z.string(),
  name: z.string(),
  commitId: idOut,
  createdAtMs: z.number(),
});

export const tagRouter = createRouter({
  /** Tags, last made first; `search` is a part of a name. */
  list: readProcedure
    .input(
      z.object({
        after: cursor.nullable().default(null),
        search: z.string().max(255).default(''),
        limit: limitIn(100, 30),
      }),
    )
    .output(
      z.object({
        tags: z.array(
          tagShape.extend({
            commit: commitShape,
            actor: z.object({ handle: z.string(), kind: z.enum(['human', 'agent']) }).nullable(),
          }),
        ),
        next: cursor.nullable(),
      }),
    )
    .query(({ ctx, input }) => showTags(ctx.repo, input, ctx.deps)),

  /** `ref` is a branch, a tag or a commit's id, as in addresses of pages. */
  add: writeProcedure
    .input(z.object({ name: z.string().max(1000), ref: z.string().min(1).max(1000) }))
    .output(tagShape)
    .mutation(async ({ ctx, input }) => {
      const commitId = await resolveCommit(ctx.repo, input.ref.trim(), ctx.deps);
      return addTag(ctx.repo, { name: input.name.trim(), commitId }, ctx.deps);
    }),

  remove: writeProcedure
    .input(z.object({ id: z.string().min(1).max(100) }))
    .output(tagShape)
    .mutation(({ ctx, input }) => removeTag(ctx.repo, input.id, ctx.deps)),
});
