import { TRPCError } from '@trpc/server';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { createCaller } from '~/server/api/root';
import { createApiContext } from '~/server/api/trpc';
import { credentialUse } from '~/server/auth/credential-use';
import { getContainer } from '~/server/container';

/** One context per request: who asks is found once, and each repository opened once. */
const pageContext = cache(async () => {
  const requestHeaders = await headers();
  const use = credentialUse(requestHeaders);
  return createApiContext({ headers: requestHeaders, use, lenient: true }, getContainer().api);
});

/** Calls the API in this process, for server components. */
export const api = createCaller(pageContext);

/**
 * What the API answers; what is not there, may not be seen or cannot be an address is the one
 * not-found page.
 */
export async function found<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (
      error instanceof TRPCError &&
      (error.code === 'NOT_FOUND' || error.code === 'BAD_REQUEST')
    ) {
      notFound();
    }
    throw error;
  }
}
