'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
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
  version,
}: {
  repo: RepoName;
  /** Only this push; null: all of the repository. */
  pushId?: string | null;
  /** Of what the page shows. */
  version: string;
}) {
  const router = useRouter();
  // A stream that is asked for again says what the page shows by then.
  const shown = useRef(version);
  useEffect(() => {
    shown.current = version;
  }, [version]);
  useEffect(() => {
    let stop = (): void => undefined;
    let gone = false;
    let refresh: number | undefined;
    void import('~/trpc/watch').then(({ watchPushes }) => {
      if (gone) return;
      const watched = () => ({ owner, slug, pushId, version: shown.current });
      stop = watchPushes(watched, (news) => {
        if (news.kind === 'progress') tellProgress(news);
        if (news.kind === 'look') {
          refresh ??= window.setTimeout(() => {
            refresh = undefined;
            router.refresh();
          }, REFRESH_MS);
        }
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
