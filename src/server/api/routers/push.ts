import { z } from 'zod';
import { listPushes } from '~/server/services/list-pushes';
import { PUSH_KINDS, PUSH_STATES } from '~/server/services/push-filter';
import { pushVersion } from '~/server/services/push-version';
import { showPush } from '~/server/services/show-push';
import { watchPushes } from '~/server/services/watch-pushes';
import { commitShape, pushShape } from '../commit-shape';
import { branchIn, idIn, idOut, limitIn } from '../id-shape';
import { answered, createRouter, readProcedure } from '../trpc';

const cursor = z.object({ startedAtMs: z.number(), id: z.uuid() });
const timeMs = z.number().int().min(0).max(8.64e15);

const wholePush = z.object({
  push: pushShape,
  /** Where it came from; for admins of the hub. */
  address: z.string().nullable(),
  refusal: z
    .object({
      code: z.string(),
      message: z.string(),
      fix: z.string(),
      retryable: z.boolean(),
    })
    .nullable(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  /** The ending frame as JSON text; for those with write access. */
  frame: z.string().nullable(),
  branchHead: idOut.nullable(),
  commits: z.array(commitShape),
  next: z.object({ generation: z.number(), id: idOut }).nullable(),
});

export const pushRouter = createRouter({
  /** The push history, newest first; refused pushes for those with write access only. */
  list: readProcedure
    .input(
      z.object({
        branch: branchIn.nullable().default(null),
        /** A handle. */
        actor: z.string().min(1).max(255).nullable().default(null),
        actorKind: z.enum(['human', 'agent']).nullable().default(null),
        kind: z.enum(PUSH_KINDS).nullable().default(null),
        outcome: z.enum(PUSH_STATES).nullable().default(null),
        /** Started at this time or later, and before that one. */
        fromMs: timeMs.nullable().default(null),
        toMs: timeMs.nullable().default(null),
        before: cursor.nullable().default(null),
        limit: limitIn(100, 30),
      }),
    )
    .output(z.object({ pushes: z.array(pushShape), next: cursor.nullable() }))
    .query(({ ctx, input: { owner: _, slug: __, ...query } }) =>
      listPushes(ctx.repo, query, ctx.deps),
    ),

  /** One push with the commits it brought, children first. */
  get: readProcedure
    .input(
      z.object({
        id: z.string().max(64),
        before: z.object({ generation: z.number().int(), id: idIn }).nullable().default(null),
        limit: limitIn(100, 30),
      }),
    )
    .output(wholePush)
    .query(({ ctx, input }) => showPush(ctx.repo, input, ctx.deps)),

  /** A text that changes when what the caller sees of the newest pushes, or of one, does. */
  version: readProcedure
    .input(z.object({ pushId: z.string().max(64).nullable().default(null) }))
    .output(z.string())
    .query(({ ctx, input }) => pushVersion(ctx.repo, input.pushId, ctx.deps)),

  /**
   * News of the pushes of a repository, or of one, as they come: how far those under way have come,
   * and that something changed and is to be read again. Server-sent events.
   */
  watch: readProcedure
    .input(
      z.object({
        pushId: z.string().max(64).nullable().default(null),
        /** What `version` said when the caller read what it has. */
        version: z.string().max(64).nullable().default(null),
      }),
    )
    .subscription(({ ctx, input, signal }) => {
      const { feed, clock, stopping, log, use } = ctx.deps;
      const reopen = () => ctx.anew().open(input.owner, input.slug, 'read');
      const gone = signal ?? new AbortController().signal;
      const version = () => pushVersion(ctx.repo, input.pushId, ctx.deps);
      const deps = { feed, clock, stopping, reopen, version, address: use.address };
      return answered(watchPushes(ctx.repo, input, deps, gone), log);
    }),
});
