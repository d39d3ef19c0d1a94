import type { Commit } from './commit';

/** The types of a conventional commit that pages show; any other word before a colon is prose. */
export const COMMIT_TYPES = [
  'feat',
  'fix',
  'docs',
  'style',
  'refactor',
  'perf',
  'test',
  'chore',
  'build',
  'ci',
  'revert',
] as const;

export interface Subject {
  /** One of `COMMIT_TYPES`; '' when the subject is not conventional. */
  type: string;
  /** What stands in parentheses after the type; '' for none. */
  scope: string;
  /** An exclamation mark before the colon. */
  breaking: boolean;
  /** The whole first line. */
  subject: string;
  /** Everything after the first line, without the empty lines around it. */
  body: string;
}

const CONVENTIONAL = new RegExp(`^(${COMMIT_TYPES.join('|')})(?:\\(([^()\\r\\n]+)\\))?(!)?: `);

/** Takes a commit message apart. */
export function parseSubject(message: string): Subject {
  const lineEnd = message.search(/\r?\n/);
  const subject = lineEnd === -1 ? message : message.slice(0, lineEnd);
  const body = lineEnd === -1 ? '' : message.slice(lineEnd).replace(/^(\s*\n)+|\s+$/g, '');
  const match = CONVENTIONAL.exec(subject);
  return {
    type: match?.[1] ?? '',
    scope: match?.[2]?.trim() ?? '',
    breaking: match?.[3] === '!',
    subject,
    body,
  };
}

/** Whether a commit breaks its users: it says so in the subject or lists what it breaks. */
export function isBreaking(commit: Pick<Commit, 'message' | 'breakingChanges'>): boolean {
  return commit.breakingChanges.length > 0 || parseSubject(commit.message).breaking;
}

/** The badge for a commit's weight; '' for none. */
export function bumpBadge(
  commit: Pick<Commit, 'message' | 'breakingChanges' | 'semVerBump'>,
): 'BREAKING' | 'major' | 'minor' | 'patch' | '' {
  if (isBreaking(commit)) return 'BREAKING';
  const { semVerBump } = commit;
  return semVerBump === 'major' || semVerBump === 'minor' || semVerBump === 'patch'
    ? semVerBump
    : '';
}
