import type { ReactNode } from 'react';

const TONES = {
  neutral: 'border-line bg-surface text-muted',
  accent: 'border-transparent bg-accent-soft text-accent',
  good: 'border-transparent bg-good-soft text-good',
  warn: 'border-transparent bg-warn-soft text-warn',
  bad: 'border-transparent bg-bad-soft text-bad',
} as const;

export type Tone = keyof typeof TONES;

/** A word or two about what stands beside it. */
export function Badge({
  tone = 'neutral',
  title,
  children,
}: {
  tone?: Tone;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span
      className={`inline-flex max-w-full items-center gap-1 rounded-md border px-1.5 py-px font-medium text-xs leading-5 ${TONES[tone]}`}
      title={title}
    >
      {children}
    </span>
  );
}

const TYPE_TONES: Record<string, Tone> = { feat: 'accent', fix: 'good', revert: 'warn' };
const BUMP_TONES: Record<string, Tone> = { BREAKING: 'bad', major: 'warn' };

/** The type of a conventional commit: `feat`. */
export const TypeBadge = ({ type }: { type: string }) => (
  <Badge title="type of the commit" tone={TYPE_TONES[type]}>
    {type}
  </Badge>
);

/** What a commit means for a version: `BREAKING`, `major`, `minor` or `patch`. */
export const BumpBadge = ({ bump }: { bump: string }) => (
  <Badge title="weight of the change" tone={BUMP_TONES[bump]}>
    {bump}
  </Badge>
);

export const ScopeBadge = ({ scope }: { scope: string }) => (
  <Badge title="scope of the commit">
    <bdi className="truncate">{scope}</bdi>
  </Badge>
);

export const VisibilityBadge = ({ visibility }: { visibility: 'public' | 'private' }) => (
  <Badge tone={visibility === 'private' ? 'warn' : 'neutral'}>{visibility}</Badge>
);
