import { z } from 'zod';
import { RELEASE_CHANNELS } from '~/muse/semver';
import { deleteRelease, updateRelease } from '~/server/services/change-release';
import { draftRelease } from '~/server/services/create-release';
import { findRelease, listReleases, renderNotes } from '~/server/services/list-releases';
import { releaseChanges } from '~/server/services/release-changes';
import { resolveCommit } from '~/server/services/resolve-ref';
import { commitShape } from '../commit-shape';
import { idOut, limitIn } from '../id-shape';
import { createRouter, readProcedure, writeProcedure } from '../trpc';

const cursor = z.object({ createdAtMs: z.number(), id: z.string().max(100) });
const channel = z.enum(RELEASE_CHANNELS);
const tag = z.string().min(1).max(255);

const releaseShape = z.object({
  id: z.string(),
  tag: z.string(),
  channel,
  title: z.string(),
  body: z.string(),
  /** The notes as safe HTML. */
  notes: z.string(),
  isDraft: z.boolean(),
  commitId: idOut,
  snapshotId: idOut,
  createdAtMs: z.number(),
  editedAtMs: z.number().nullable(),
  actor: z.object({ handle: z.string(), kind: z.enum(['human', 'agent']) }).nullable(),
});

const words = z.object({
  title: z.string().max(1000),
  body: z.string().max(1_000_000),
  isDraft: z.boolean(),
});
const done = z.object({ done: z.literal(true) });
const DONE = { done: true } as const;

export const releaseRouter = createRouter({
  /** Releases, last made first; drafts for those who may write. */
  list: readProcedure
    .input(
      z.object({
        after: cursor.nullable().default(null),
        channel: channel.nullable().default(null),
        limit: limitIn(50, 10),
      }),
    )
    .output(z.object({ releases: z.array(releaseShape), next: cursor.nullable() }))
    .query(async ({ ctx, input }) => {
      const page = await listReleases(ctx.repo, { ...input, drafts: true }, ctx.deps);
      const releases = page.releases.map((row) => ({ ...row, notes: renderNotes(ctx.repo, row) }));
      return { releases, next: page.next };
    }),

  /** One release, with the commits that the release before it does not reach. */
  get: readProcedure
    .input(z.object({ tag }))
    .output(
      releaseShape.extend({
        changes: z.object({
          previous: z.string().nullable(),
          count: z.number(),
          bounded: z.boolean(),
          commits: z.array(commitShape),
        }),
      }),
    )
    .query(async ({ ctx, input }) => {
      const release = await findRelease(ctx.repo, input.tag, ctx.deps);
      const changes = await releaseChanges(ctx.repo, release, ctx.deps);
      return {
        ...release,
        notes: renderNotes(ctx.repo, release),
        changes: { ...changes, previous: changes.previous?.tag ?? null },
      };
    }),

  /** `ref` is a branch, a tag or a commit's id; `channel` null is what the version says. */
  create: writeProcedure
    .input(
      words.extend({
        tag: z.string().max(1000),
        ref: z.string().min(1).max(1000),
        channel: channel.nullable(),
      }),
    )
    .output(z.object({ tag: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { owner: _, slug: __, ref, ...rest } = input;
      const commitId = await resolveCommit(ctx.repo, ref.trim(), ctx.deps);
      const drafted = { ...rest, tag: rest.tag.trim(), title: rest.title.trim(), commitId };
      const release = await draftRelease(ctx.repo, drafted, ctx.deps);
      return { tag: release.tag };
    }),

  update: writeProcedure
    .input(words.extend({ tag, channel }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      const { owner: _, slug: __, tag: of, ...change } = input;
      const wanted = { ...change, title: change.title.trim() };
      await updateRelease(ctx.repo, of, wanted, ctx.deps);
      return DONE;
    }),

  delete: writeProcedure
    .input(z.object({ tag }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await deleteRelease(ctx.repo, input.tag, ctx.deps);
      return DONE;
    }),
});
