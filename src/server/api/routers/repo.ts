import { z } from 'zod';
import { createRepository } from '~/server/services/create-repository';
import { listRepositories, showOwner } from '~/server/services/list-repositories';
import { showRepository } from '~/server/services/show-repository';
import { commitShape } from '../commit-shape';
import { limitIn } from '../id-shape';
import { createRouter, openProcedure, readProcedure } from '../trpc';

const cursor = z.object({ updatedAtMs: z.number(), id: z.uuid() });
const after = cursor.nullable().default(null);
const limit = limitIn(100, 30);

/** A repository in a list. */
export const repositoryShape = z.object({
  id: z.string(),
  owner: z.string(),
  slug: z.string(),
  description: z.string(),
  visibility: z.enum(['public', 'private']),
  domain: z.string(),
  defaultBranch: z.string().nullable(),
  updatedAtMs: z.number(),
});

const repositoryPage = z.object({
  repositories: z.array(repositoryShape),
  next: cursor.nullable(),
});

const ownerPage = repositoryPage.extend({
  owner: z.object({
    handle: z.string(),
    displayName: z.string(),
    agentOf: z.string().nullable(),
    kind: z.enum(['human', 'agent']),
  }),
});

const shownRepositoryShape = z.object({
  id: z.string(),
  owner: z.string(),
  slug: z.string(),
  description: z.string(),
  visibility: z.enum(['public', 'private']),
  domain: z.string(),
  defaultBranch: z.string().nullable(),
  mayWrite: z.boolean(),
  mayAdmin: z.boolean(),
  branchCount: z.number(),
  tagCount: z.number(),
  releaseCount: z.number(),
  commitCount: z.number(),
  lastCommit: commitShape.nullable(),
});

export const repoRouter = createRouter({
  /** Public repositories, last updated first. */
  explore: openProcedure
    .input(z.object({ after, limit }))
    .output(repositoryPage)
    .query(async ({ ctx, input }) => {
      const query = { ownerId: null, publicOnly: true, ...input };
      return listRepositories(await ctx.principal(), query, ctx.deps);
    }),

  /** An account and those of its repositories that the caller may see. */
  ofOwner: openProcedure
    .input(z.object({ owner: z.string().min(1).max(40), after, limit }))
    .output(ownerPage)
    .query(async ({ ctx, input }) => {
      const { owner: handle, ...page } = input;
      return showOwner(await ctx.principal(), { handle, ...page }, ctx.deps);
    }),

  get: readProcedure
    .output(shownRepositoryShape)
    .query(({ ctx }) => showRepository(ctx.repo, ctx.deps)),

  /** Null when owner and slug are taken. */
  create: openProcedure
    .input(
      z.object({
        slug: z.string().max(200),
        owner: z.string().max(40).nullable().default(null),
        visibility: z.enum(['public', 'private']),
        description: z.string().max(5000).default(''),
      }),
    )
    .output(z.object({ id: z.string(), owner: z.string(), slug: z.string() }).nullable())
    .mutation(async ({ ctx, input }) => createRepository(await ctx.principal(), input, ctx.deps)),
});
