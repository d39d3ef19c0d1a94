import type { inferProcedureInput, inferProcedureOutput } from '@trpc/server';
import type { AppRouter } from '~/server/api/root';

type Procedure = AppRouter['push']['watch'];
export type Watched = inferProcedureInput<Procedure>;
type News = inferProcedureOutput<Procedure> extends AsyncIterable<infer One> ? One : never;

/** How long after a stream that broke off the next one is asked for. */
const AGAIN_MS = 4_000;
/** Several heartbeats of the hub; a connection that is silent for so long is gone. */
const SILENT_MAX_MS = 60_000;

/**
 * Hands on the news of pushes until the returned function is called. A stream that broke off is
 * asked for again, one that the hub refuses is not. While nobody looks at the page there is none:
 * browsers keep few connections to one hub, for all its pages together.
 *
 * It reads the API's subscription with what browsers have for it: the API's client is many times
 * the size of what else a page that only watches needs.
 */
export function watchPushes(watched: () => Watched, onNews: (news: News) => void): () => void {
  let stopped = false;
  let stream: EventSource | null = null;
  let timer: number | undefined;
  const close = () => {
    window.clearTimeout(timer);
    stream?.close();
    stream = null;
  };
  const open = () => {
    close();
    if (stopped || document.hidden) return;
    const input = encodeURIComponent(JSON.stringify(watched()));
    const opened = new EventSource(`/api/trpc/push.watch?input=${input}`);
    // Left to itself it would be asked for again as it was, whatever the page shows by then.
    const later = () => {
      close();
      timer = window.setTimeout(open, AGAIN_MS);
    };
    const heard = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(open, SILENT_MAX_MS);
    };
    opened.onmessage = ({ data }) => {
      heard();
      onNews(JSON.parse(data));
    };
    for (const sign of ['connected', 'ping']) opened.addEventListener(sign, heard);
    opened.onerror = later;
    opened.addEventListener('return', later);
    opened.addEventListener('serialized-error', close);
    stream = opened;
  };
  document.addEventListener('visibilitychange', open);
  open();
  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', open);
    close();
  };
}
