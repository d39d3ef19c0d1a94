import { z } from 'zod';
import { ofJoining, tooManyFailures } from '~/server/auth/failure-limits';
import { invitationTicket, readTicket } from '~/server/auth/invitation-ticket';
import { findInvitation } from '~/server/services/invite-people';
import { joinHub, mayJoin } from '~/server/services/join-hub';
import { redeemReset } from '~/server/services/reset-password';
import { type ApiContext, createRouter, openProcedure } from '../trpc';

const password = z.string().max(5000);
/** What `takeCode` gave. */
const ticket = z.string().max(4000).nullable().default(null);
const joined = z.object({ userId: z.string(), handle: z.string() });

/** How people who have no account get one, and those without a password set one. */
export const joinRouter = createRouter({
  /** What somebody can do who comes with this ticket, or none. */
  state: openProcedure
    .input(z.object({ ticket }))
    .output(
      z.object({
        may: z.enum(['yes', 'code', 'closed']),
        /** The sites by whose sign-in one may come, too. */
        providers: z.array(z.object({ id: z.string(), name: z.string() })),
      }),
    )
    .query(async ({ ctx, input }) => ({
      may: await mayJoin(await readTicket(input.ticket, ctx.deps.sessionSecret), ctx.deps),
      providers: ctx.deps.loginProviders.map(({ id, name }) => ({ id, name })),
    })),

  /** Changes the code of an invitation into a ticket, good for an hour. */
  takeCode: openProcedure
    .input(z.object({ code: z.string().max(1000) }))
    .output(z.object({ ticket: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { id } = await findInvitation(input.code, ctx.deps);
      return { ticket: await invitationTicket(id, ctx.deps.sessionSecret) };
    }),

  join: openProcedure
    .input(
      z.object({
        handle: z.string().max(1000),
        displayName: z.string().max(1000).default(''),
        password,
        ticket,
      }),
    )
    .output(joined)
    .mutation(async ({ ctx, input: { ticket: given, ...wanted } }) => {
      await countTry(ctx);
      const invitationId = await readTicket(given, ctx.deps.sessionSecret);
      return joinHub({ ...wanted, invitationId }, ctx.deps);
    }),

  /** Sets the password of the account that an admin gave a code for. */
  setPassword: openProcedure
    .input(z.object({ code: z.string().max(1000), password }))
    .output(joined)
    .mutation(({ ctx, input }) => redeemReset(input, ctx.deps)),
});

/** Each account costs a slow hash and a name; one address gets only so many of them. */
async function countTry({ deps }: ApiContext): Promise<void> {
  const now = deps.clock.now();
  const againAtMs = await deps.identities.countFailure(ofJoining(deps.use.address), now);
  if (againAtMs !== null) throw tooManyFailures(againAtMs, now);
}
