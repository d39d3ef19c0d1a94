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
import { createRouter, openProcedure } from '../trpc';

const PAGE_MAX = 50;
const kind = z.enum(['human', 'agent']);
const role = z.enum(['user', 'admin']);
const handle = z.string().min(1).max(100);
const reason = z.string().max(5000);

const account = z.object({
  handle: z.string(),
  displayName: z.string(),
  kind,
  role,
  owner: z.object({ handle: z.string(), disabled: z.boolean() }).nullable(),
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  tokens: z.number(),
  lastUsedAtMs: z.number().nullable(),
  createdAtMs: z.number(),
});

const cursor = z.object({ atMs: z.number(), id: z.string().max(100) });
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

const done = z.object({ done: z.literal(true) });
const DONE = { done: true } as const;
/** A text that is in this answer and nowhere else. */
const code = z.object({ code: z.string(), expiresAtMs: z.number() });

const signUp = z.enum(['open', 'invitation', 'closed']);

/** Accounts and invitations, for the admins of the hub. */
export const peopleRouter = createRouter({
  list: openProcedure
    .input(
      z.object({
        text: z.string().max(100).default(''),
        kind: kind.nullable().default(null),
        role: role.nullable().default(null),
        disabled: z.boolean().nullable().default(null),
        after: z.string().max(100).nullable().default(null),
        limit: z.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
      }),
    )
    .output(z.object({ accounts: z.array(account), next: z.string().nullable() }))
    .query(async ({ ctx, input }) => listAccounts(await ctx.principal(), input, ctx.deps)),

  create: openProcedure
    .input(
      z.object({
        handle: z.string().max(1000),
        displayName: z.string().max(1000).default(''),
        kind,
        owner: z.string().max(100).nullable().default(null),
        reason,
      }),
    )
    .output(z.object({ handle: z.string() }))
    .mutation(async ({ ctx, input }) => makeAccount(await ctx.principal(), input, ctx.deps)),

  setDisabled: openProcedure
    .input(z.object({ handle, disabled: z.boolean(), reason }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setAccountDisabled(await ctx.principal(), input, ctx.deps);
      return DONE;
    }),

  setRole: openProcedure
    .input(z.object({ handle, role, reason }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await changeRole(await ctx.principal(), input, ctx.deps);
      return DONE;
    }),

  /** Takes the password and every session away; the code sets a new password once. */
  reset: openProcedure
    .input(z.object({ handle, revokeTokens: z.boolean(), reason }))
    .output(code)
    .mutation(async ({ ctx, input }) => resetAccount(await ctx.principal(), input, ctx.deps)),

  /** Who may make accounts. */
  signUp: openProcedure
    .output(z.object({ signUp }))
    .query(async ({ ctx }) => ({ signUp: await showSignUp(await ctx.principal(), ctx.deps) })),

  setSignUp: openProcedure
    .input(z.object({ signUp, reason }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setSignUp(await ctx.principal(), input, ctx.deps);
      return DONE;
    }),

  invitations: openProcedure
    .input(
      z.object({
        before: cursor.nullable().default(null),
        limit: z.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
      }),
    )
    .output(z.object({ invitations: z.array(invitation), next: cursor.nullable() }))
    .query(async ({ ctx, input }) => listInvitations(await ctx.principal(), input, ctx.deps)),

  invite: openProcedure
    .input(z.object({ note: z.string().max(1000), usesMax: z.number(), days: z.number() }))
    .output(code.extend({ id: z.string() }))
    .mutation(async ({ ctx, input }) => invitePeople(await ctx.principal(), input, ctx.deps)),

  revokeInvitation: openProcedure
    .input(z.object({ id: z.string().max(100), reason }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await revokeInvitation(await ctx.principal(), input, ctx.deps);
      return DONE;
    }),
});
