import type { ReactNode } from 'react';

/** The main part of a page; the skip link leads here. */
export function PageBody({ children, narrow = false }: { children: ReactNode; narrow?: boolean }) {
  return (
    <main
      className={`mx-auto w-full px-4 py-6 ${narrow ? 'max-w-xl' : 'max-w-6xl'}`}
      id="content"
      tabIndex={-1}
    >
      {children}
    </main>
  );
}
