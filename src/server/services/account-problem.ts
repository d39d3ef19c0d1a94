import { type ErrorCode, Refusal } from '~/wire/errors';
import { HANDLE_MAX_CHARS, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS } from './account-limits';

/**
 * What can be wrong when somebody signs in, joins or changes an account. Forms that work without a
 * script name it in the address they lead back to; the page says the sentence.
 */
const problem = (code: ErrorCode, field: string | null, sentence: string) => ({
  code,
  field,
  sentence,
});

export const ACCOUNT_PROBLEMS = {
  'handle-shape': problem(
    'bad-frame',
    'handle',
    `A handle has 1 to ${HANDLE_MAX_CHARS} letters, digits and single hyphens, and begins and ends with a letter or digit.`,
  ),
  'handle-reserved': problem('bad-frame', 'handle', 'This handle is reserved; choose another.'),
  'handle-taken': problem('access-denied', 'handle', 'This handle is taken; choose another.'),
  'name-shape': problem(
    'bad-frame',
    'displayName',
    'A name to show is one line of at most 100 characters.',
  ),
  'password-short': problem(
    'bad-frame',
    'password',
    `A password has at least ${PASSWORD_MIN_CHARS} characters; a few words make a good one.`,
  ),
  'password-long': problem(
    'bad-frame',
    'password',
    `A password has at most ${PASSWORD_MAX_BYTES.toLocaleString('en')} bytes.`,
  ),
  'password-common': problem(
    'bad-frame',
    'password',
    'This password is among the first that somebody would guess; choose another.',
  ),
  'password-wrong': problem(
    'access-denied',
    'current',
    'This is not your password; type the one you have now, or sign in anew and come back.',
  ),
  'sign-in-wrong': problem(
    'unauthenticated',
    null,
    'Handle and password do not belong together; try again, or sign in another way.',
  ),
  disabled: problem(
    'access-denied',
    null,
    'This account is disabled; ask the operator of the hub.',
  ),
  'sign-up-closed': problem(
    'access-denied',
    null,
    'Nobody can join this hub by himself; ask its admins for an account.',
  ),
  'invitation-needed': problem(
    'access-denied',
    'code',
    'Joining this hub needs an invitation; ask its admins for one and begin with its code.',
  ),
  'invitation-gone': problem(
    'access-denied',
    'code',
    'This code is none of this hub, or is used up, over or taken back; ask who gave it for another.',
  ),
  'login-taken': problem(
    'access-denied',
    null,
    'This sign-in belongs to another account here; sign out and in with it, or use another.',
  ),
  'login-failed': problem(
    'access-denied',
    null,
    'The sign-in at the other site did not succeed; begin anew.',
  ),
  'persons-only': problem(
    'access-denied',
    null,
    'Agents have access tokens only; the person who answers for one makes them.',
  ),
  'last-way-in': problem(
    'access-denied',
    null,
    'This is the only way you sign in; set a password or link another one first.',
  ),
  'last-admin': problem(
    'access-denied',
    null,
    'This is the last admin who can sign in; make another one first.',
  ),
} as const;

export type AccountProblem = keyof typeof ACCOUNT_PROBLEMS;

export const isAccountProblem = (text: string): text is AccountProblem =>
  Object.hasOwn(ACCOUNT_PROBLEMS, text);

/** The refusal of a problem, which it names in its detail. */
export function accountRefusal(name: AccountProblem): Refusal {
  const { code, field, sentence } = ACCOUNT_PROBLEMS[name];
  return new Refusal(code, { problem: name, ...(field !== null && { field }) }, sentence);
}

/** The problem that a refusal names; null when it is about something else. */
export function accountProblemOf(error: unknown): AccountProblem | null {
  const name = Refusal.is(error) ? error.detail.problem : undefined;
  return typeof name === 'string' && isAccountProblem(name) ? name : null;
}
