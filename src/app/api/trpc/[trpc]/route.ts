import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';

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
    responseMeta: () => ({ headers: new Headers({ 'cache-control': 'no-store' }) }),
  });
}

export { handle as GET, handle as POST };
