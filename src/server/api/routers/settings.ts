import { z } from 'zod';
import { deleteRepository } from '~/server/services/delete-repository';
import { removeBranchRule, setBranchRule } from '~/server/services/set-branch-rule';
import { setCollaborator } from '~/server/services/set-collaborator';
import { showSettings } from '~/server/services/show-settings';
import { updateRepository } from '~/server/services/update-repository';
import { rulePattern, ruleShape } from '../rule-shape';
import { adminProcedure, createRouter } from '../trpc';

const permission = z.enum(['read', 'write', 'admin']);
const visibility = z.enum(['public', 'private']);

const settingsShape = z.object({
  description: z.string(),
  visibility,
  defaultBranch: z.string().nullable(),
  requireSigned: z.boolean(),
  refusePolyglot: z.boolean(),
  collaborators: z.array(
    z.object({ handle: z.string(), kind: z.enum(['human', 'agent']), permission }),
  ),
  rules: z.array(ruleShape),
});

const done = z.object({ done: z.literal(true) });
const DONE = { done: true } as const;

/** What the admins of a repository decide about it. */
export const settingsRouter = createRouter({
  get: adminProcedure.output(settingsShape).query(({ ctx }) => showSettings(ctx.repo, ctx.deps)),

  /** What is absent stays. */
  update: adminProcedure
    .input(
      z.object({
        description: z.string().max(5000).optional(),
        visibility: visibility.optional(),
        defaultBranch: z.string().min(1).max(255).optional(),
        requireSigned: z.boolean().optional(),
        refusePolyglot: z.boolean().optional(),
      }),
    )
    .output(done)
    .mutation(async ({ ctx, input }) => {
      const { owner: _, slug: __, ...change } = input;
      await updateRepository(ctx.repo, change, ctx.deps);
      return DONE;
    }),

  /** `permission` null takes it back. */
  setCollaborator: adminProcedure
    .input(z.object({ handle: z.string().min(1).max(100), permission: permission.nullable() }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setCollaborator(ctx.repo, input, ctx.deps);
      return DONE;
    }),

  setRule: adminProcedure
    .input(ruleShape)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      const { owner: _, slug: __, ...wanted } = input;
      await setBranchRule(ctx.repo, wanted, ctx.deps);
      return DONE;
    }),

  removeRule: adminProcedure
    .input(z.object({ pattern: rulePattern }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await removeBranchRule(ctx.repo, input.pattern, ctx.deps);
      return DONE;
    }),

  /** `confirm` is `owner/slug`. */
  delete: adminProcedure
    .input(z.object({ confirm: z.string().max(200) }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await deleteRepository(ctx.repo, input.confirm, ctx.deps);
      return DONE;
    }),
});
