import type { ReactNode } from 'react';
import { adminAddress } from './address';
import { PageBody } from './page-body';
import { Refused } from './settings-shell';
import { TabNav } from './tab-nav';

const PAGES = [
  { key: 'users', name: 'Users' },
  { key: 'tokens', name: 'Tokens' },
  { key: 'repositories', name: 'Repositories' },
  { key: 'pushes', name: 'Pushes' },
  { key: 'jobs', name: 'Jobs' },
  { key: 'storage', name: 'Storage' },
  { key: 'audit', name: 'Audit log' },
  { key: 'policy', name: 'Policy' },
  { key: 'configuration', name: 'Configuration' },
] as const;

/** What stands above every page for admins of the hub, with its main part below. */
export function AdminShell({
  page,
  title,
  aside,
  children,
}: {
  page: (typeof PAGES)[number]['key'];
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <>
      <section aria-label="Administration" className="border-line border-b bg-surface">
        <div className="mx-auto max-w-6xl px-4 pt-4">
          <p className="font-semibold text-lg leading-7">Administration</p>
          <TabNav
            current={page}
            label="Administration"
            tabs={PAGES.map(({ key, name }) => ({ key, name, href: adminAddress(key) }))}
          />
        </div>
      </section>
      <PageBody>
        <div className="mb-4 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
          <h1 className="font-semibold text-xl">{title}</h1>
          {aside}
        </div>
        {children}
      </PageBody>
    </>
  );
}

/** For an admin whose own token may not do it. */
export function AdminRefused(
  shell: Omit<Parameters<typeof AdminShell>[0], 'children'> & { sentence: string },
) {
  const { sentence, ...rest } = shell;
  return (
    <AdminShell {...rest}>
      <Refused sentence={sentence} />
    </AdminShell>
  );
}
