import type { Id } from '~/muse/ids';
import { NEGOTIATE_MAX_IDS } from '~/wire/limits';
import type { Caller } from './http';
import { knownCommits, type RemoteRefs } from './hub-api';
import type { RemoteAddress } from './remote-address';
import type { Repository } from './repository';

/**
 * Commits here that the remote has for certain, from which a push finds what is new. Its heads, as
 * far as they are here, say nearly all; when a head is not here (another person pushed), it is asked
 * which of a sample of the history here it knows.
 */
export async function knownToRemote(
  repository: Repository,
  remote: RemoteAddress,
  refs: RemoteRefs,
  caller: Caller,
  head: Id,
  trackedHeads: Iterable<Id>,
): Promise<Id[]> {
  const known = new Set<Id>();
  let unknown = false;
  for (const id of refs.heads.values()) {
    if (repository.hasCommit(id)) known.add(id);
    else unknown = true;
  }
  if (!unknown) return [...known];
  const tracked = [...trackedHeads].filter((id) => repository.hasCommit(id));
  const sample = sampleHistory(repository, [head, ...tracked], known);
  if (sample.length > 0) {
    const format = refs.idFormat ?? 'bare';
    for (const id of await knownCommits(remote, caller, sample, format)) known.add(id);
  }
  return [...known];
}

/** Commits on the way from some heads to the roots, ever fewer with their distance. */
function sampleHistory(repository: Repository, heads: Id[], known: Set<Id>): Id[] {
  const sample: Id[] = [];
  const seen = new Set<Id>();
  let level = heads;
  let next = 0;
  for (let depth = 0; level.length > 0 && sample.length < NEGOTIATE_MAX_IDS; depth++) {
    const above: Id[] = [];
    for (const id of level) {
      if (seen.has(id) || known.has(id)) continue;
      seen.add(id);
      const record = repository.readCommit(id);
      if (record === null) continue;
      if (depth >= next && sample.length < NEGOTIATE_MAX_IDS) sample.push(id);
      above.push(...record.commit.parents);
    }
    // The nearest 32 generations one by one, then steps that grow by an eighth of the way.
    if (depth >= next) next = depth + 1 + (depth < 32 ? 0 : depth >> 3);
    level = above;
  }
  return sample;
}
