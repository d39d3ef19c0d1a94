'use client';

import Monitor from 'lucide-react/icons/monitor';
import Moon from 'lucide-react/icons/moon';
import Sun from 'lucide-react/icons/sun';
import { useState } from 'react';
import { THEME_COOKIE, THEMES, type Theme } from './theme';

const ICONS = { system: Monitor, light: Sun, dark: Moon };
const A_YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Goes through the colour schemes and remembers the choice in a cookie, which the server reads. */
export function ThemeSwitch({ theme: first }: { theme: Theme }) {
  const [theme, setTheme] = useState(first);
  const Icon = ICONS[theme];

  const choose = () => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    setTheme(next);
    const root = document.documentElement;
    if (next === 'system') delete root.dataset.theme;
    else root.dataset.theme = next;
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    const age = next === 'system' ? 0 : A_YEAR_SECONDS;
    // biome-ignore lint/suspicious/noDocumentCookie: no other way to set one works everywhere
    document.cookie = `${THEME_COOKIE}=${next}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
  };
  return (
    <button
      aria-label={`Colour scheme: ${theme}`}
      className="needs-script inline-flex size-8 shrink-0 cursor-pointer items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-ink"
      onClick={choose}
      title={`Colour scheme: ${theme}`}
      type="button"
    >
      <Icon aria-hidden="true" size={16} />
    </button>
  );
}
