import type { ReactNode } from 'react';

/** A titled part of a page. */
export function Card({
  title,
  aside,
  children,
  level = 2,
}: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  level?: 2 | 3;
}) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className="min-w-0 overflow-hidden rounded-lg border border-line">
      <div className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-line border-b bg-surface px-4 py-1.5">
        <Heading className="font-semibold">{title}</Heading>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A fact of a card: its name and what it is. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 px-4 py-1.5 sm:grid-cols-[6.5rem_1fr]">
      <dt className="text-muted">{name}</dt>
      <dd className="breakable min-w-0">{children}</dd>
    </div>
  );
}
