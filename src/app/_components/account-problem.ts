import { ACCOUNT_PROBLEMS, isAccountProblem } from '~/server/services/account-problem';
import { ERRORS, isErrorCode } from '~/wire/errors';

export interface ShownProblem {
  /** The field of the form that it is about; null: none of them. */
  field: string | null;
  sentence: string;
}

/** What a form's address names as its problem, in a sentence of ours; null for none. */
export function shownProblem(name: string | null): ShownProblem | null {
  if (name === null) return null;
  if (isAccountProblem(name)) return ACCOUNT_PROBLEMS[name];
  if (isErrorCode(name)) return { field: null, sentence: ERRORS[name].sentence };
  return ACCOUNT_PROBLEMS['login-failed'];
}
