import type { DiffLayout } from './diff-rows';

/** Remembers how differences were last looked at. */
export const LAYOUT_COOKIE = 'musehub-diff';

/** The layout that a cookie or address names; null when it names none. */
export const layoutOf = (text: string | null | undefined): DiffLayout | null =>
  text === 'split' || text === 'unified' ? text : null;
