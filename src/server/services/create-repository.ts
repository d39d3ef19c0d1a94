import type { Principal } from '~/server/access';
import type { Clock } from '~/server/ports/clock';
import type { IdentityStore } from '~/server/ports/identity-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry, ofRepository } from './audit-entry';

export const DESCRIPTION_MAX_LENGTH = 500;

/** Letters, digits, `.`, `-` and `_`, beginning with a letter or digit; at most 100. */
const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export interface NewRepository {
  slug: string;
  /** A handle; null: the one who asks. */
  owner: string | null;
  visibility: 'public' | 'private';
  description: string;
}

interface CreateRepositoryDeps extends ActDeps {
  identities: Pick<IdentityStore, 'findUser' | 'createRepository'>;
  clock: Pick<Clock, 'uuid'>;
}

export interface CreatedRepository {
  id: string;
  owner: string;
  slug: string;
}

/**
 * The pages below `/admin/`, which would hide repositories of these names of an account `admin`, such
 * as the first one. A test holds the list to the pages there are.
 */
const ADMIN_HANDLE = 'admin';
export const ADMIN_PAGES = [
  ...['act', 'audit', 'configuration', 'jobs', 'policy', 'pushes', 'repositories', 'storage'],
  ...['tokens', 'users'],
];

/** What is wrong with a slug, as a sentence; null when nothing is. */
export function checkSlug(slug: string): string | null {
  if (!SLUG.test(slug)) {
    return 'A repository is named with 1 to 100 letters, digits, ".", "-" and "_", and begins with a letter or digit.';
  }
  return slug.endsWith('.git') ? 'The name of a repository does not end in ".git".' : null;
}

/** A description without the blanks around it; throws `Refusal` `limit-exceeded` for too long a one. */
export function checkDescription(description: string): string {
  if (description.length <= DESCRIPTION_MAX_LENGTH) return description.trim();
  throw new Refusal(
    'limit-exceeded',
    { limit: DESCRIPTION_MAX_LENGTH, unit: 'characters' },
    `A description has at most ${DESCRIPTION_MAX_LENGTH} characters.`,
  );
}

/**
 * Makes an empty repository for the one who asks; an admin of the hub may name another owner. Null
 * when owner and slug are taken.
 *
 * Throws `Refusal`: `unauthenticated`, `insufficient-scope` for a token that cannot write or is
 * narrowed to some repositories, `access-denied` for another's account, `bad-path` for a slug that
 * is not allowed, `limit-exceeded` for too long a description.
 */
export async function createRepository(
  principal: Principal,
  wanted: NewRepository,
  deps: CreateRepositoryDeps,
): Promise<CreatedRepository | null> {
  if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  const { token } = principal;
  if (token && (token.repoIds !== null || token.scopes.every((scope) => scope === 'read'))) {
    throw new Refusal('insufficient-scope');
  }
  const problem = checkSlug(wanted.slug);
  if (problem !== null) throw new Refusal('bad-path', { slug: wanted.slug }, problem);
  const description = checkDescription(wanted.description);
  const owner = await ownerOf(principal, wanted.owner, deps);
  if (owner.handle.toLowerCase() === ADMIN_HANDLE && isAdminPage(wanted.slug)) {
    const message = `A page of this hub is at /${ADMIN_HANDLE}/${wanted.slug}; choose another name.`;
    throw new Refusal('bad-path', { slug: wanted.slug }, message);
  }
  const { slug, visibility } = wanted;
  const id = deps.clock.uuid();
  const entry = auditEntry(principal, deps, {
    action: 'repository.create',
    ...ofRepository({ id, owner: owner.handle, slug }),
    detail: { visibility },
  });
  const row = { id, ownerId: owner.id, slug, description, visibility };
  const created = await deps.identities.createRepository(row, entry);
  return created && { id: created.id, owner: owner.handle, slug };
}

const isAdminPage = (slug: string): boolean => ADMIN_PAGES.includes(slug.toLowerCase());

async function ownerOf(
  principal: Extract<Principal, { kind: 'user' }>,
  named: string | null,
  { identities }: CreateRepositoryDeps,
): Promise<{ id: string; handle: string }> {
  const self = { id: principal.userId, handle: principal.handle };
  if (named === null || named.toLowerCase() === self.handle.toLowerCase()) return self;
  const owner = principal.role === 'admin' ? await identities.findUser(named) : null;
  // Whether such an account exists is not told to those who may not act for it.
  if (!owner)
    throw new Refusal('access-denied', {}, 'You may not make repositories for this owner.');
  return owner;
}
