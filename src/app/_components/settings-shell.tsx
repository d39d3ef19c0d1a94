import type { ReactNode } from 'react';
import { PageBody } from './page-body';
import { TabNav } from './tab-nav';

const PAGES = [
  { key: 'profile', name: 'Profile', href: '/settings/profile' },
  { key: 'tokens', name: 'Access tokens', href: '/settings/tokens' },
  { key: 'keys', name: 'Signing keys', href: '/settings/keys' },
  { key: 'agents', name: 'Agents', href: '/settings/agents' },
  { key: 'sessions', name: 'Sessions', href: '/settings/sessions' },
] as const;

/** What stands above every page of one's own settings, with its main part below. */
export function SettingsShell({
  page,
  children,
}: {
  page: (typeof PAGES)[number]['key'];
  children: ReactNode;
}) {
  return (
    <>
      <section aria-label="Settings" className="border-line border-b bg-surface">
        <div className="mx-auto max-w-6xl px-4 pt-4">
          <p className="font-semibold text-lg leading-7">Settings</p>
          <TabNav current={page} label="Settings" tabs={PAGES} />
        </div>
      </section>
      <PageBody>{children}</PageBody>
    </>
  );
}

/** Why there is nothing to see here. */
export function Refused({ sentence }: { sentence: string }) {
  return (
    <p className="rounded-lg border border-line bg-warn-soft px-4 py-3" role="alert">
      {sentence}
    </p>
  );
}
