'use client';

import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { AppRouter } from '~/server/api/root';

const api = createTRPCClient<AppRouter>({ links: [httpLink({ url: '/api/trpc' })] });

/**
 * Changes something through the API from a form, then shows the page anew. `error` is the sentence
 * of what the hub refused; `run` answers null then.
 */
export function useAction() {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async <Answer>(act: (client: typeof api) => Promise<Answer>) => {
    setBusy(true);
    setError(null);
    try {
      const answer = await act(api);
      router.refresh();
      return answer;
    } catch (problem) {
      setError(sentenceOf(problem));
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error };
}

function sentenceOf(problem: unknown): string {
  if (!(problem instanceof TRPCClientError)) throw problem;
  const data = (problem as TRPCClientError<AppRouter>).data;
  if (!data) return 'The hub does not answer; check the connection and try again.';
  return data.code === 'BAD_REQUEST'
    ? 'The hub did not understand this; check what is filled in.'
    : problem.message;
}
