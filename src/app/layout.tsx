import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { KeyListener } from './_components/key-listener';
import { SiteHeader } from './_components/site-header';
import { THEME_COOKIE, themeOf } from './_components/theme';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'musehub', template: '%s · musehub' },
  description: 'A code host for Muse.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f7f8fa' },
    { media: '(prefers-color-scheme: dark)', color: '#151920' },
  ],
};

/** Reads the colour scheme from a cookie, so every page is rendered when it is asked for. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html
      className={`${GeistSans.variable} ${GeistMono.variable} font-sans antialiased`}
      data-theme={theme === 'system' ? undefined : theme}
      lang="en"
      // The switch changes the attribute before the page is woken up.
      suppressHydrationWarning
    >
      <body className="flex min-h-dvh flex-col">
        <a
          className="sr-only focus:not-sr-only focus:absolute focus:z-30 focus:m-2 focus:rounded-md focus:bg-canvas focus:px-3 focus:py-2"
          href="#content"
        >
          Skip to the content
        </a>
        <SiteHeader />
        <KeyListener />
        <div className="flex-1">{children}</div>
        <footer className="border-line border-t">
          <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-4 gap-y-1 px-4 py-4 text-muted text-xs">
            <span>musehub, a code host for Muse</span>
            <a className="leading-6 hover:text-ink" href="/docs/api">
              API
            </a>
          </div>
        </footer>
      </body>
    </html>
  );
}
