import { createHash } from 'node:crypto';
import type { BrowseDeps } from './browse-deps';
import { ANY_PUSH } from './list-pushes';
import type { OpenRepository } from './open-repository';

/** The newest pushes, and those under way, which may be older: what a page shows first. */
const NEWEST = 30;
const UNDER_WAY = 20;

/**
 * A text that is another one when what this reader may see of the newest pushes, or of one push,
 * has changed: so a page learns whether it is still what it was when it was made.
 */
export async function pushVersion(
  repo: OpenRepository,
  pushId: string | null,
  { browse }: Pick<BrowseDeps, 'browse'>,
): Promise<string> {
  const repoId = repo.entry.id;
  if (pushId !== null) {
    const push = await browse.findPushById(repoId, pushId);
    return versionOf(push && (repo.mayWrite || push.outcome === 'accepted') ? [push] : []);
  }
  const query = { ...ANY_PUSH, all: repo.mayWrite, before: null };
  const [newest, underWay] = await Promise.all([
    browse.listPushes(repoId, { ...query, limit: NEWEST }),
    browse.listPushes(repoId, { ...query, outcome: 'receiving', limit: UNDER_WAY }),
  ]);
  return versionOf([...newest, ...underWay]);
}

const versionOf = (pushes: { id: string; outcome: string }[]): string =>
  createHash('sha256')
    .update(pushes.map(({ id, outcome }) => `${id} ${outcome}\n`).join(''))
    .digest('hex')
    .slice(0, 16);
