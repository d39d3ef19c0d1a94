import { TRPCError } from '@trpc/server';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';
import { accountProblemOf } from '~/server/services/account-problem';
import { Refusal } from '~/wire/errors';

/** The API for the route of a form; it checks where the request comes from. */
export function formApi(request: Request) {
  const { api: deps } = getContainer();
  const { headers } = request;
  const use = credentialUse(headers);
  const context = createApiContext({ headers, use, lenient: true }, deps);
  return { api: createCaller(context), deps: context.deps };
}

/** What a form's page is told of a refusal: the problem or the hub's code; null for a fault. */
export function problemOf(error: unknown): string | null {
  const refusal = error instanceof TRPCError && Refusal.is(error.cause) ? error.cause : error;
  if (Refusal.is(refusal)) return accountProblemOf(refusal) ?? refusal.code;
  return error instanceof TRPCError && error.code === 'BAD_REQUEST' ? 'bad-frame' : null;
}
