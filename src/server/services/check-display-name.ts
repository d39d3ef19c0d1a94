import { DISPLAY_NAME_MAX_CHARS } from './account-limits';
import { accountRefusal } from './account-problem';

/** Characters that show nothing or turn the text around them. */
const UNSEEN = /[\p{Control}\p{Line_Separator}\p{Paragraph_Separator}\u202a-\u202e\u2066-\u2069]/u;

/** A name to show beside the handle, or none. Throws `Refusal` when it is no line of text. */
export function expectDisplayName(given: string): string {
  const name = given.trim();
  if (name.length <= DISPLAY_NAME_MAX_CHARS && !UNSEEN.test(name)) return name;
  throw accountRefusal('name-shape');
}
