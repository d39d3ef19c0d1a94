import { HANDLE_MAX_CHARS } from './account-limits';
import { type AccountProblem, accountRefusal } from './account-problem';

/**
 * The name of an account in addresses: the one rule for all of them. A handle stands where top-level
 * pages stand, so the names of those are taken; a test holds the list to the pages there are.
 */

/** Letters, digits and single hyphens between them. */
const HANDLE = /^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/;

/** Pages and routes of today, and words that one may want to be pages, or that would mislead. */
const RESERVED = new Set(
  `about account accounts activity admin administrator agent agents anonymous api apps assets auth
  billing blog branches bug callback commit commits compare contact dashboard device diff docs
  download error errors everyone explore faq favicon feed fetch ghost graphql guest health help home hub icon
  images import inbox info invitation invitations invite issues join key keys legal license limits
  login logout manifest me metrics moderator muse musehub new news nobody notifications null o oauth
  object objects official openid org organization organizations orgs owner owners owns password
  people ping pricing privacy profile public pull pulls push pushes ready refs register releases
  repo repos repositories repository reset robots root rules sandbox search security session
  sessions settings setup shared shop sign-in sign-out sign-up signin signout signup site sitemap
  staff static stats status storage stream style styleguide styles support system tag tags team teams terms
  test token tokens topics trace trending trpc undefined unknown user users version webhooks
  welcome well-known whoami wiki www`.split(/\s+/),
);

/** What is wrong with a handle for a new account; null when nothing is. */
export function checkHandle(handle: string): AccountProblem | null {
  if (handle.length > HANDLE_MAX_CHARS || !HANDLE.test(handle)) return 'handle-shape';
  return isReservedHandle(handle) ? 'handle-reserved' : null;
}

/** A handle for a new account, without blanks around it. Throws `Refusal` with the problem. */
export function expectHandle(given: string): string {
  const handle = given.trim();
  const problem = checkHandle(handle);
  if (problem !== null) throw accountRefusal(problem);
  return handle;
}

export const isReservedHandle = (handle: string): boolean => RESERVED.has(handle.toLowerCase());

/** Handles that are tried for a name, before giving up. */
const TRIED_MAX = 50;

/**
 * Handles made from a name that another site gave: the name itself as far as it can be a handle,
 * then with numbers behind it.
 */
export function* handlesFrom(name: string): Generator<string> {
  const base =
    name
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9-]+/g, '-')
      .replace(/-+/g, '-')
      .slice(0, HANDLE_MAX_CHARS - 3)
      .replace(/^-|-$/g, '') || 'person';
  if (checkHandle(base) === null) yield base;
  for (let n = 2; n <= TRIED_MAX; n++) yield `${base}-${n}`;
}
