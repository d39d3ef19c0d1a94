import { cookies } from 'next/headers';
import type { DiffLayout } from './diff-rows';
import { LAYOUT_COOKIE, layoutOf } from './layout-cookie';
import { param, type SearchParams } from './search-params';

/** How a reader wants to see differences, and which of them. */
export interface DiffOptions {
  layout: DiffLayout;
  hideWhitespace: boolean;
  /** One file alone. */
  path: string | null;
  /** Files behind this path. */
  after: string | null;
  /** Unchanged lines too. */
  whole: boolean;
  /** Lines of the difference of one file that stand on earlier pages. */
  skip: number;
  /** The address of this page with other options; null takes one away. */
  address(change: DiffChange): string;
}

export type DiffChange = Partial<
  Record<'view' | 'w' | 'path' | 'after' | 'context' | 'skip' | 'parent' | 'commits', string | null>
>;

/**
 * Reads the options of a page of differences: from its address, the layout also from a cookie.
 * `toAddress` gives the page's address with a query; `kept` stands in every one.
 */
export async function readDiffOptions(
  searchParams: SearchParams,
  toAddress: (query: Record<string, string | null>) => string,
  kept: Record<string, string | null> = {},
): Promise<DiffOptions> {
  const [view, w, path, after, context, skip] = await Promise.all(
    ['view', 'w', 'path', 'after', 'context', 'skip'].map((name) => param(searchParams, name)),
  );
  const asked = layoutOf(view);
  const cookie = (await cookies()).get(LAYOUT_COOKIE)?.value;
  const now = {
    ...kept,
    view: asked,
    w: w === '1' ? '1' : null,
    path: path ?? null,
    after: after ?? null,
    context: context === 'all' ? 'all' : null,
    skip: path && /^[1-9]\d{0,7}$/.test(skip ?? '') ? (skip ?? null) : null,
  };
  return {
    layout: asked ?? layoutOf(cookie) ?? 'unified',
    hideWhitespace: now.w !== null,
    path: now.path,
    after: now.after,
    whole: now.context !== null && now.path !== null,
    skip: Number(now.skip),
    // Where one was in a difference means nothing in another.
    address: (change) => toAddress({ ...now, ...lost(change), ...change }),
  };
}

const lost = (change: DiffChange): DiffChange => ('view' in change ? {} : { skip: null });
