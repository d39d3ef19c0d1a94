import { z } from 'zod';
import { changePassword, hasFreshSession } from '~/server/auth/authenticate-password';
import { changeDisplayName, showProfile, unlinkLogin } from '~/server/services/show-profile';
import { createRouter, openProcedure } from '../trpc';

const kind = z.enum(['human', 'agent']);
const role = z.enum(['user', 'admin']);

const profile = z.object({
  handle: z.string(),
  displayName: z.string(),
  kind,
  role,
  /** Who answers for it; null: nobody. */
  owner: z.string().nullable(),
  createdAtMs: z.number(),
  hasPassword: z.boolean(),
  /** Whether the password can be set without the one there is. */
  fresh: z.boolean(),
  logins: z.array(
    z.object({
      provider: z.string(),
      /** What the site is called here. */
      site: z.string(),
      subject: z.string(),
      name: z.string(),
      createdAtMs: z.number(),
    }),
  ),
  /** The sites whose sign-in can be linked. */
  providers: z.array(z.object({ id: z.string(), name: z.string() })),
});

const done = z.object({ done: z.literal(true) });
const DONE = { done: true } as const;

/** One's own account. */
export const accountRouter = createRouter({
  /** Who is signed in; null: nobody. */
  me: openProcedure
    .output(z.object({ handle: z.string(), kind, role }).nullable())
    .query(async ({ ctx }) => {
      const principal = await ctx.principal();
      if (principal.kind === 'anonymous') return null;
      const { handle, accountKind, role: held } = principal;
      return { handle, kind: accountKind, role: held };
    }),

  profile: openProcedure.output(profile).query(async ({ ctx }) => {
    const { deps } = ctx;
    const principal = await ctx.principal();
    const { account, logins } = await showProfile(principal, deps);
    const fresh = principal.kind === 'user' && (await hasFreshSession(principal, deps));
    return {
      ...account,
      owner: account.owner?.handle ?? null,
      fresh,
      logins: logins.map((login) => ({
        ...login,
        site:
          deps.loginProviders.find(({ site }) => site === login.provider)?.name ?? login.provider,
      })),
      providers: deps.loginProviders.map(({ id, name }) => ({ id, name })),
    };
  }),

  setDisplayName: openProcedure
    .input(z.object({ displayName: z.string().max(1000) }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await changeDisplayName(await ctx.principal(), input.displayName, ctx.deps);
      return DONE;
    }),

  /** Ends every other session. */
  setPassword: openProcedure
    .input(z.object({ current: z.string().max(5000).default(''), next: z.string().max(5000) }))
    .output(z.object({ ended: z.number() }))
    .mutation(async ({ ctx, input }) => ({
      ended: await changePassword(await ctx.principal(), input, ctx.deps),
    })),

  unlinkLogin: openProcedure
    .input(z.object({ provider: z.string().max(255), subject: z.string().max(255) }))
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await unlinkLogin(await ctx.principal(), input, ctx.deps);
      return DONE;
    }),
});
