import type { ComponentType } from 'react';
import { TabInView } from './tab-in-view';
import { count } from './wording';

export interface TabItem {
  key: string;
  name: string;
  href: string;
  Icon?: ComponentType<{ 'aria-hidden': 'true'; className: string; size: number }>;
  /** How many there are of what the tab shows; nothing is said of 0. */
  n?: number | null;
  /** The keys that lead there. */
  keys?: string;
}

/** The parts of what a page belongs to; the one that is shown is in view where the row scrolls. */
export function TabNav({
  label,
  tabs,
  current,
}: {
  label: string;
  tabs: readonly TabItem[];
  current: string;
}) {
  return (
    <nav aria-label={label} className="-mb-px mt-2 flex gap-1 overflow-x-auto">
      {tabs.map(({ key, name, href, Icon, n, keys }) => (
        <a
          aria-current={key === current ? 'page' : undefined}
          className={`scroll-here flex items-center gap-1.5 whitespace-nowrap border-b-2 px-2.5 py-2 ${
            key === current
              ? 'border-accent font-semibold'
              : 'border-transparent text-muted hover:border-line hover:text-ink'
          }`}
          data-key={keys}
          href={href}
          key={key}
        >
          {Icon && <Icon aria-hidden="true" className="max-sm:hidden" size={16} />}
          {name}
          {n !== undefined && n !== null && n > 0 && (
            <span className="rounded-full bg-sunken px-1.5 font-normal text-muted text-xs leading-5">
              {count(n)}
            </span>
          )}
        </a>
      ))}
      <TabInView />
    </nav>
  );
}
