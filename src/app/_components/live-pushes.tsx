'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import type { RepoName } from './address';
import { tellProgress } from './push-progress-store';

/** However much happens, the page is read again at most this often. */
const REFRESH_MS = 1_000;

/**
 * Keeps a page that shows pushes up to date: what goes on with those under way is put into the
 * page, and what else changed makes it be read again. What this takes is loaded after the page.
 */
export function LivePushes({
  repo: { owner, slug },
  pushId = null,
}: {
  repo: RepoName;
  /** Only this push; null: all of the repository. */
  pushId?: string | null;
}) {
  const router = useRouter();
  useEffect(() => {
    let stop = (): void => undefined;
    let gone = false;
    let refresh: number | undefined;
    void import('~/trpc/watch').then(({ watchPushes }) => {
      if (gone) return;
      stop = watchPushes({ owner, slug, pushId }, (news) => {
        if (news.kind === 'progress') tellProgress(news);
        else
          refresh ??= window.setTimeout(() => {
            refresh = undefined;
            router.refresh();
          }, REFRESH_MS);
      });
    });
    return () => {
      gone = true;
      window.clearTimeout(refresh);
      stop();
    };
  }, [owner, slug, pushId, router]);
  return null;
}
