import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { PageBody } from '../_components/page-body';
import { Colours, Controls, Lists, Words } from './samples';

export const metadata: Metadata = { title: 'Style guide' };

/** Every component that pages are made of, in its states, light and dark; in development only. */
export default function StyleGuidePage() {
  if (process.env.NODE_ENV === 'production') notFound();
  return (
    <PageBody>
      <h1 className="mb-4 font-semibold text-xl sm:text-2xl">Style guide</h1>
      <div className="grid gap-6 lg:grid-cols-2">
        <Scheme scheme="light" />
        <Scheme scheme="dark" />
      </div>
    </PageBody>
  );
}

/** All samples in one colour scheme, whatever the reader's is. */
function Scheme({ scheme }: { scheme: 'light' | 'dark' }) {
  return (
    <section
      aria-label={scheme}
      className="min-w-0 space-y-8 rounded-lg border border-line bg-canvas p-4 text-ink"
      data-scheme={scheme}
    >
      <Colours />
      <Words />
      <Controls scheme={scheme} />
      <Lists />
    </section>
  );
}
