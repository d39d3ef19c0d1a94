import { Refusal } from '~/wire/errors';

export const BRANCH_PATTERN_MAX_CHARS = 255;

/** A branch pattern without the blanks around it; throws `Refusal` `bad-frame` when it is none. */
export function checkBranchPattern(given: string): string {
  const pattern = given.trim();
  if (
    pattern === '' ||
    pattern.length > BRANCH_PATTERN_MAX_CHARS ||
    /[\p{Control}\p{Surrogate} ]/u.test(pattern)
  ) {
    const message = `A branch pattern has 1 to ${BRANCH_PATTERN_MAX_CHARS} characters and no spaces.`;
    throw new Refusal('bad-frame', { field: 'branch_pattern' }, message);
  }
  return pattern;
}
