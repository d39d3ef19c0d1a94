import type { TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';
import { Refusal } from '~/wire/errors';

export const dynamic = 'force-dynamic';

function handle(request: Request): Promise<Response> {
  const { headers } = request;
  return fetchRequestHandler({
    endpoint: '/api/trpc',
    req: request,
    router: appRouter,
    createContext: () =>
      createApiContext(
        { headers, use: credentialUse(headers), lenient: false },
        getContainer().api,
      ),
    responseMeta: ({ errors }) => ({ headers: answerHeaders(errors) }),
  });
}

function answerHeaders(errors: TRPCError[]): Headers {
  const headers = new Headers({ 'cache-control': 'no-store' });
  for (const { cause } of errors) {
    const wait = Refusal.is(cause) ? cause.detail.retry_after_s : undefined;
    if (wait !== undefined) headers.set('retry-after', String(wait));
  }
  return headers;
}

export { handle as GET, handle as POST };
