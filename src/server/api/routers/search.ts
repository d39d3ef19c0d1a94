import { z } from 'zod';
import { findFiles } from '~/server/services/find-files';
import { searchCommits } from '~/server/services/search-commits';
import { SEARCH_MAX_CHARACTERS } from '~/server/services/search-query';
import { SEARCH_PAGES_MAX, searchRepositories } from '~/server/services/search-repositories';
import { commitShape } from '../commit-shape';
import { refSegments, refShape } from '../ref-shape';
import { createRouter, openProcedure, readProcedure } from '../trpc';
import { repositoryShape } from './repo';

const text = z.string().max(SEARCH_MAX_CHARACTERS);
const asked = z.object({
  text,
  page: z.number().int().min(1).max(SEARCH_PAGES_MAX).default(1),
});

export const searchRouter = createRouter({
  /** Repositories by name, owner and description. */
  repositories: openProcedure
    .input(asked)
    .output(z.object({ found: z.array(repositoryShape), hasMore: z.boolean() }))
    .query(async ({ ctx, input }) => searchRepositories(await ctx.principal(), input, ctx.deps)),

  /** Commits by message, author, agent, type and the start of the id, in all repositories. */
  commits: openProcedure
    .input(asked)
    .output(
      z.object({
        found: z.array(
          z.object({
            repository: z.object({
              owner: z.string(),
              slug: z.string(),
              visibility: z.enum(['public', 'private']),
            }),
            commit: commitShape.omit({ comments: true, tags: true }),
          }),
        ),
        hasMore: z.boolean(),
      }),
    )
    .query(async ({ ctx, input }) => searchCommits(await ctx.principal(), input, ctx.deps)),

  /** Files of a branch, tag or commit (none: the default branch) by their paths. */
  files: readProcedure
    .input(z.object({ segments: refSegments.default([]), text: text.default('') }))
    .output(
      z
        .object({
          ref: refShape,
          paths: z.array(z.string()),
          fileCount: z.number(),
          truncated: z.boolean(),
        })
        .nullable(),
    )
    .query(({ ctx, input }) =>
      findFiles(ctx.repo, { segments: input.segments, typed: input.text }, ctx.deps),
    ),
});
