import type { Commit } from './commit';
import { type Id, sha256 } from './ids';

/** The fields of a commit that its id is made of. */
export type HashedCommit = Pick<
  Commit,
  'snapshotId' | 'parents' | 'message' | 'committedAt' | 'author' | 'signerPublicKey'
>;

/**
 * Both derivations of a commit's id (docs/protocol.md §1). `four` covers parents, snapshot, message
 * and time; `six` also author and signer's key. Ids are hashed as bare hex, whatever the wire form.
 */
export function commitIdsOf(commit: HashedCommit): { four: Id; six: Id } {
  const four = [
    [...commit.parents].sort().join('\0'),
    commit.snapshotId,
    commit.message,
    commit.committedAt,
  ].join('\0');
  return {
    four: sha256(four),
    six: sha256(`${four}\0${commit.author}\0${commit.signerPublicKey}`),
  };
}

/** Which derivation a commit's id follows; null when it follows neither. */
export function commitIdMatches(commit: HashedCommit & { id: Id }): 'four' | 'six' | null {
  const ids = commitIdsOf(commit);
  if (commit.id === ids.four) return 'four';
  return commit.id === ids.six ? 'six' : null;
}
