import { z } from 'zod';
import { invitePeople, listInvitations, revokeInvitation } from '~/server/services/invite-people';
import {
  changeRole,
  listAccounts,
  resetAccount,
  setAccountDisabled,
} from '~/server/services/look-after-accounts';
import { makeAccount } from '~/server/services/make-account';
import { setSignUp, showSignUp } from '~/server/services/set-sign-up';
import { before, DONE, done, kindShape, reasonIn, timeKey } from '../admin-shape';
import { createRouter, hubAdminProcedure } from '../trpc';

const PAGE_MAX = 50;
const role = z.enum(['user', 'admin']);
const handle = z.string().min(1).max(100);

const account = z.object({
  handle: z.string(),
  displayName: z.string(),
  kind: kindShape,
  role,
  owner: z.object({ handle: z.string(), disabled: z.boolean() }).nullable(),
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  tokens: z.number(),
  lastUsedAtMs: z.number().nullable(),
  createdAtMs: z.number(),
});

const invitation = z.object({
  id: z.string(),
  forHandle: z.string().nullable(),
  madeBy: z.string(),
  note: z.string(),
  uses: z.number(),
  usesMax: z.number(),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  state: z.enum(['open', 'used', 'over', 'revoked']),
});

/** A text that is in this answer and nowhere else. */
const code = z.object({ code: z.string(), expiresAtMs: z.number() });

const signUp = z.enum(['open', 'invitation', 'closed']);

/** Accounts, and how they are come by. */
export const adminUsersRouter = createRouter({
  list: hubAdminProcedure
    .input(
      z.object({
        text: z.string().max(100).default(''),
        kind: kindShape.nullable().default(null),
        role: role.nullable().default(null),
        disabled: z.boolean().nullable().default(null),
        after: z.string().max(100).nullable().default(null),
        limit: z.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
      }),
    )
    .output(z.object({ accounts: z.array(account), next: z.string().nullable() }))
    .query(async ({ ctx, input }) => listAccounts(ctx.admin, input, ctx.deps)),

  create: hubAdminProcedure
    .input(
      z.object({
        handle: z.string().max(1000),
        displayName: z.string().max(1000).default(''),
        kind: kindShape,
        owner: z.string().max(100).nullable().default(null),
        reason: reasonIn,
      }),
    )
    .output(z.object({ handle: z.string() }))
    .mutation(async ({ ctx, input }) => makeAccount(ctx.admin, input, ctx.deps)),

  setDisabled: hubAdminProcedure
    .input(z.object({ handle, disabled: z.boolean(), reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setAccountDisabled(ctx.admin, input, ctx.deps);
      return DONE;
    }),

  setRole: hubAdminProcedure
    .input(z.object({ handle, role, reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await changeRole(ctx.admin, input, ctx.deps);
      return DONE;
    }),

  /** Takes the password and every session away; the code sets a new password once. */
  reset: hubAdminProcedure
    .input(
      z.object({
        ...{ handle, reason: reasonIn },
        ...{ revokeTokens: z.boolean(), unlinkLogins: z.boolean() },
      }),
    )
    .output(code)
    .mutation(async ({ ctx, input }) => resetAccount(ctx.admin, input, ctx.deps)),

  /** Who may make accounts. */
  signUp: hubAdminProcedure
    .output(z.object({ signUp }))
    .query(async ({ ctx }) => ({ signUp: await showSignUp(ctx.admin, ctx.deps) })),

  setSignUp: hubAdminProcedure
    .input(z.object({ signUp, reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setSignUp(ctx.admin, input, ctx.deps);
      return DONE;
    }),

  invitations: hubAdminProcedure
    .input(
      z.object({
        before,
        limit: z.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
      }),
    )
    .output(z.object({ invitations: z.array(invitation), next: timeKey.nullable() }))
    .query(async ({ ctx, input }) => listInvitations(ctx.admin, input, ctx.deps)),

  invite: hubAdminProcedure
    .input(z.object({ note: z.string().max(1000), usesMax: z.number(), days: z.number() }))
    .output(code.extend({ id: z.string() }))
    .mutation(async ({ ctx, input }) => invitePeople(ctx.admin, input, ctx.deps)),

  revokeInvitation: hubAdminProcedure
    .input(z.object({ id: z.string().max(100), reason: reasonIn }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await revokeInvitation(ctx.admin, input, ctx.deps);
      return DONE;
    }),
});
