export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export const THEME_COOKIE = 'musehub-theme';

/** The colour scheme that a cookie asks for; the system's when it asks for none. */
export const themeOf = (cookie: string | undefined): Theme =>
  THEMES.find((theme) => theme === cookie) ?? 'system';
