import { createTRPCClient, httpSubscriptionLink, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '~/server/api/root';

const api = createTRPCClient<AppRouter>({
  links: [httpSubscriptionLink({ url: '/api/trpc' })],
});

/** How long after a stream that broke off the next one is asked for. */
const AGAIN_MS = 4_000;

export type Watched = Parameters<typeof api.push.watch.subscribe>[0];
type News = Parameters<NonNullable<Parameters<typeof api.push.watch.subscribe>[1]['onData']>>[0];

/**
 * Hands on the news of pushes until the returned function is called. A stream that broke off is
 * asked for again, one that the hub refuses is not. While nobody looks at the page there is none:
 * browsers keep few connections to one hub, for all its pages together.
 */
export function watchPushes(watched: () => Watched, onNews: (news: News) => void): () => void {
  let stopped = false;
  let close = (): void => undefined;
  let again: number | undefined;
  const later = (problem?: unknown) => {
    const refused = problem instanceof TRPCClientError && problem.data;
    if (!stopped && !refused) again = window.setTimeout(open, AGAIN_MS);
  };
  const open = () => {
    window.clearTimeout(again);
    close();
    if (stopped || document.hidden) return;
    const stream = api.push.watch.subscribe(watched(), {
      onData: onNews,
      onError: later,
      onComplete: later,
    });
    close = () => stream.unsubscribe();
  };
  document.addEventListener('visibilitychange', open);
  open();
  return () => {
    stopped = true;
    window.clearTimeout(again);
    document.removeEventListener('visibilitychange', open);
    close();
  };
}
