'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { api } from './change';

/**
 * Changes something through the API from a form, then shows the page anew. `error` is the sentence
 * of what the hub refused; `run` answers null then. The API's client is loaded by the first change:
 * a page that is only read carries none of it.
 */
export function useAction() {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async <Answer>(act: (client: typeof api) => Promise<Answer>) => {
    setBusy(true);
    setError(null);
    const change = await import('./change');
    try {
      const answer = await act(change.api);
      router.refresh();
      return answer;
    } catch (problem) {
      setError(change.sentenceOf(problem));
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error };
}
