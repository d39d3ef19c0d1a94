import type { ReactNode } from 'react';
import { PageBody } from './page-body';

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
      <div className="border-line border-b bg-surface">
        <div className="mx-auto max-w-6xl px-4 pt-4">
          <p className="font-semibold text-lg leading-7">Settings</p>
          <nav aria-label="Settings" className="-mb-px mt-2 flex gap-1 overflow-x-auto">
            {PAGES.map(({ key, name, href }) => (
              <a
                aria-current={key === page ? 'page' : undefined}
                className={`whitespace-nowrap border-b-2 px-2.5 py-2 ${
                  key === page
                    ? 'border-accent font-semibold'
                    : 'border-transparent text-muted hover:border-line hover:text-ink'
                }`}
                href={href}
                key={key}
              >
                {name}
              </a>
            ))}
          </nav>
        </div>
      </div>
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
