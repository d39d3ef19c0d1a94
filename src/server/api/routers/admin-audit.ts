import { z } from 'zod';
import { AUDIT_ACTIONS } from '~/server/ports/audit-log';
import { listAudit } from '~/server/services/list-audit';
import { handleIn, kindShape, repositoryShape } from '../admin-shape';
import { limitIn } from '../id-shape';
import { createRouter, hubAdminProcedure } from '../trpc';

const timeMs = z.number().int().min(0).max(8.64e15).nullable().default(null);
const key = z.object({
  atMs: z.number().int().min(0).max(8.64e15),
  id: z.string().regex(/^\d{1,18}$/),
});

const auditRow = z.object({
  id: z.string(),
  atMs: z.number(),
  action: z.enum(AUDIT_ACTIONS),
  actorName: z.string(),
  actorKind: kindShape.nullable(),
  tokenId: z.string().nullable(),
  tokenName: z.string().nullable(),
  sessionId: z.string().nullable(),
  subject: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }),
  repository: repositoryShape.nullable(),
  address: z.string(),
  client: z.string(),
  reason: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

export const adminAuditRouter = createRouter({
  /** Who did what, newest first. */
  list: hubAdminProcedure
    .input(
      z.object({
        actor: handleIn,
        action: z.enum(AUDIT_ACTIONS).nullable().default(null),
        repository: repositoryShape.nullable().default(null),
        fromMs: timeMs,
        untilMs: timeMs,
        before: key.nullable().default(null),
        limit: limitIn(200, 50),
      }),
    )
    .output(z.object({ rows: z.array(auditRow), next: key.nullable() }))
    .query(({ ctx, input }) => listAudit(ctx.admin, input, ctx.deps)),
});
