import { z } from 'zod';
import { compareRefs } from '~/server/services/compare-commits';
import { diffFiles } from '~/server/services/diff-files';
import { expectCommits } from '~/server/services/list-changes';
import { readLines } from '~/server/services/read-lines';
import { commitShape } from '../commit-shape';
import { diffQuery, diffShape, pageOfChanges } from '../diff-shape';
import { idIn, idOut, limitIn } from '../id-shape';
import { createRouter, readProcedure } from '../trpc';

/** Commits of one page of a comparison. */
const COMPARE_PAGE_COMMITS = 25;

const refIn = z.string().min(1).max(1024);
const modeShape = z.enum(['since-parted', 'direct']);

const refShape = z.object({
  kind: z.enum(['branch', 'tag', 'commit']),
  name: z.string(),
  commitId: idOut,
});

const comparisonShape = z.object({
  base: refShape,
  head: refShape,
  /** Where the two parted; of several such commits the newest; null: unrelated, or too far apart. */
  mergeBase: idOut.nullable(),
  mergeBases: z.number(),
  mode: modeShape,
  ahead: z.number(),
  behind: z.number(),
  /** The numbers are lower bounds. */
  bounded: z.boolean(),
  commits: z.array(commitShape),
  next: idOut.nullable(),
  /** What is compared with the head's commit file by file. */
  before: idOut.nullable(),
});

export const compareRouter = createRouter({
  /** How two branches, tags or commits lie to each other, and what only the head reaches. */
  refs: readProcedure
    .input(
      z.object({
        base: refIn,
        head: refIn,
        mode: modeShape.default('since-parted'),
        after: idIn.nullable().default(null),
        limit: limitIn(100, COMPARE_PAGE_COMMITS),
      }),
    )
    .output(comparisonShape)
    .query(async ({ ctx, input }) => {
      const found = await compareRefs(ctx.repo, input, ctx.deps);
      return {
        ...found,
        mergeBase: found.mergeBases[0] ?? null,
        mergeBases: found.mergeBases.length,
        before: found.pair.before,
      };
    }),

  /** A page of what differs between two commits, or one file's; against nothing without the first. */
  diff: readProcedure
    .input(diffQuery.extend({ before: idIn.nullable().default(null), commit: idIn }))
    .output(diffShape)
    .query(async ({ ctx, input }) => {
      const { before, commit, ...query } = input;
      const pair = { before, after: commit };
      await expectCommits(ctx.repo, pair, ctx.deps);
      return pageOfChanges(pair, await diffFiles(ctx.repo, pair, query, ctx.deps));
    }),

  /** Some lines of a commit's file as safe HTML, for what lies between changes. */
  lines: readProcedure
    .input(
      z.object({
        commit: idIn,
        path: z.string().min(1).max(4096),
        from: z.number().int().min(1),
        to: z.number().int().min(1),
      }),
    )
    .output(z.array(z.string()))
    .query(async ({ ctx, input }) => {
      const { commit, ...place } = input;
      await expectCommits(ctx.repo, { before: null, after: commit }, ctx.deps);
      return readLines(ctx.repo, { commitId: commit, ...place }, ctx.deps);
    }),
});
