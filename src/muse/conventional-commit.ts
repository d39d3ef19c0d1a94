import type { Commit } from './commit';

/** The types that pages show a badge for. */
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

export type CommitType = (typeof COMMIT_TYPES)[number];

export interface CommitSubject {
  /** '' when the first line is not a conventional-commit subject. */
  type: CommitType | '';
  scope: string;
  /** The subject has `!`. */
  breaking: boolean;
  /** The whole first line that is not blank. */
  subject: string;
  /** What follows it and the blank lines after it. */
  body: string;
}

const SUBJECT = /^([a-z]+)(?:\(([^()]{1,100})\))?(!)?:[ \t]+\S/i;
const isType = (text: string): text is CommitType =>
  (COMMIT_TYPES as readonly string[]).includes(text);

/** Reads `type(scope)!: subject` and the body after it out of a commit message. */
export function parseSubject(message: string): CommitSubject {
  const text = message.replace(/^\s*\n/, '');
  const end = text.search(/\r?\n/);
  const line = (end === -1 ? text : text.slice(0, end)).trim();
  const body =
    end === -1
      ? ''
      : text
          .slice(end)
          .replace(/^(?:[ \t]*\r?\n)+/, '')
          .trimEnd();
  const found = SUBJECT.exec(line);
  const type = found?.[1]?.toLowerCase() ?? '';
  if (!found || !isType(type)) return { type: '', scope: '', breaking: false, subject: line, body };
  const scope = found[2]?.trim() ?? '';
  return { type, scope, breaking: found[3] === '!', subject: line, body };
}

/** Whether a commit breaks what was: `!` in its subject, or `breaking_changes` that are not empty. */
export function isBreaking(commit: Pick<Commit, 'message' | 'breakingChanges'>): boolean {
  return commit.breakingChanges.length > 0 || parseSubject(commit.message).breaking;
}

/**
 * The badge for what a commit does to the version: `BREAKING`, `major`, `minor`, `patch`, or '' when
 * it does nothing to it.
 */
export function bumpBadge(commit: { breaking: boolean; semVerBump: string }): string {
  if (commit.breaking) return 'BREAKING';
  return ['major', 'minor', 'patch'].includes(commit.semVerBump) ? commit.semVerBump : '';
}
