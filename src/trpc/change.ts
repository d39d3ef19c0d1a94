import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '~/server/api/root';

/** The API for changes, each in a request of its own. */
export const api = createTRPCClient<AppRouter>({ links: [httpLink({ url: '/api/trpc' })] });

/** What a person is told of a change that failed; throws what is no answer of the API. */
export function sentenceOf(problem: unknown): string {
  if (!(problem instanceof TRPCClientError)) throw problem;
  const data = (problem as TRPCClientError<AppRouter>).data;
  if (!data) return 'The hub does not answer; check the connection and try again.';
  return data.code === 'BAD_REQUEST'
    ? 'The hub did not understand this; check what is filled in.'
    : problem.message;
}
