import type { ComponentPropsWithoutRef } from 'react';

const BASE =
  'inline-flex min-h-8 cursor-pointer items-center justify-center gap-1.5 rounded-md border px-3 font-medium text-sm leading-5 no-underline';
const LOOKS = {
  primary: `${BASE} border-transparent bg-accent text-on-accent hover:opacity-90`,
  plain: `${BASE} border-line bg-surface text-ink hover:border-control`,
} as const;

type Look = keyof typeof LOOKS;

export function Button({
  look = 'plain',
  ...rest
}: { look?: Look } & ComponentPropsWithoutRef<'button'>) {
  return <button type="submit" {...rest} className={LOOKS[look]} />;
}

/** A link that looks like a button. */
export function ButtonLink({
  look = 'plain',
  ...rest
}: { look?: Look } & ComponentPropsWithoutRef<'a'>) {
  return <a {...rest} className={LOOKS[look]} />;
}

/** What cannot be gone to, where a button would stand: the end of a list. */
export function ButtonOff({ children }: ComponentPropsWithoutRef<'span'>) {
  return (
    <span className="inline-flex min-h-8 items-center gap-1.5 rounded-md border border-line border-dashed px-3 text-muted text-sm leading-5">
      {children}
    </span>
  );
}
