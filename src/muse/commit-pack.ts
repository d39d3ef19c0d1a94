import { generationsOf, reachFrom, sortTopologically } from './ancestry';
import type { Commit } from './commit';
import { commitIdMatches } from './commit-id';
import type { Id } from './ids';
import { isProblem, type Problem, problem } from './problem';

/**
 * The check of everything that a push says about history (docs/protocol.md §3, steps 3 and 4), pure
 * and in two steps: `factsNeeded` names what must be looked up, `checkCommitPack` decides with what
 * was found. Each commit is first boiled down to `CommitFacts`, so that 50,000 of them are held
 * without their messages.
 */

/** The last format of commit records whose id derivation is known. */
const KNOWN_FORMAT_VERSION = 5;

export interface CommitFacts {
  id: Id;
  snapshotId: Id;
  parents: readonly Id[];
  /** The derivation that its id follows; null: none that is known. */
  idForm: 'four' | 'six' | null;
  /** Its record is of a later schema, whose ids may be derived in another way. */
  laterSchema: boolean;
}

/**
 * Recomputes a commit's id and keeps what the check of the pack needs. `bad-commit` when a field
 * that is hashed holds a NUL: two different commits could then have one id.
 */
export function commitFacts(commit: Commit): CommitFacts | Problem {
  for (const field of ['message', 'committedAt', 'author', 'signerPublicKey'] as const)
    if (commit[field].includes('\0'))
      return problem(
        'bad-commit',
        { commit_id: commit.id, field: WIRE_NAMES[field], reason: 'holds a NUL' },
        `The commit's ${WIRE_NAMES[field]} holds a NUL, which makes its id ambiguous.`,
      );
  return {
    id: commit.id,
    snapshotId: commit.snapshotId,
    parents: commit.parents,
    idForm: commitIdMatches(commit),
    laterSchema: (commit.formatVersion ?? 0) > KNOWN_FORMAT_VERSION,
  };
}

const WIRE_NAMES = {
  message: 'message',
  committedAt: 'committed_at',
  author: 'author',
  signerPublicKey: 'signer_public_key',
} as const;

/** All commits of one push. */
export interface CommitPack {
  /** What the branch shall point at; null: it is deleted. */
  head: Id | null;
  /** In the order in which they came. */
  commits: readonly CommitFacts[];
  /** The snapshots of the stream, each with whether it is of a later schema. */
  snapshots: ReadonlyMap<Id, { laterSchema: boolean }>;
}

/** What has to be looked up in this repository, and in no other. */
export interface FactsNeeded {
  /** Parents, and the head, that are not in the stream. */
  commits: Id[];
  /** Snapshots that are not in the stream. */
  snapshots: Id[];
  /** The commits just beyond the stream that the head reaches; the head itself when it was not sent. */
  boundary: Id[];
  /**
   * Commits of the stream that the head does not reach within it. They are refused unless they are
   * stored already and ancestors of `boundary`.
   */
  unreached: Id[];
}

/** What was found. */
export interface PackFacts {
  commits: ReadonlyMap<Id, { generation: number }>;
  snapshots: { has(id: Id): boolean };
  /** Those of `FactsNeeded.unreached` that are ancestors of the boundary; none when left out. */
  reachedThroughStored?: { has(id: Id): boolean };
}

export interface PlannedCommit {
  commit: CommitFacts;
  generation: number;
  idVerified: boolean;
}

/** A pack that may be applied. */
export interface PackPlan {
  /** Parents before children. */
  commits: PlannedCommit[];
  /** The stored commits at which the new history begins. */
  boundary: Id[];
  /** Whether the head reaches a commit within the stream or at its boundary. */
  reaches(id: Id): boolean;
}

const graphOf = (pack: CommitPack) => new Map(pack.commits.map((commit) => [commit.id, commit]));

/** Names what `checkCommitPack` has to know. */
export function factsNeeded(pack: CommitPack): FactsNeeded {
  const graph = graphOf(pack);
  const commits = new Set<Id>();
  const snapshots = new Set<Id>();
  for (const commit of graph.values()) {
    for (const parent of commit.parents) if (!graph.has(parent)) commits.add(parent);
    if (!pack.snapshots.has(commit.snapshotId)) snapshots.add(commit.snapshotId);
  }
  if (pack.head !== null && !graph.has(pack.head)) commits.add(pack.head);
  const { inside, outside } = reached(pack, graph);
  return {
    commits: [...commits],
    snapshots: [...snapshots],
    boundary: [...outside],
    unreached: [...graph.keys()].filter((id) => !inside.has(id)),
  };
}

const reached = (pack: CommitPack, graph: ReadonlyMap<Id, CommitFacts>) =>
  pack.head === null
    ? { inside: new Set<Id>(), outside: new Set<Id>() }
    : reachFrom(pack.head, graph);

/**
 * Checks a pack. The first rule that is broken, in this order: `bad-commit` (sent twice),
 * `commit-id-mismatch`, `commit-cycle`, `parent-missing`, `snapshot-missing`, `head-missing`,
 * `unreachable-commit`.
 */
export function checkCommitPack(pack: CommitPack, facts: PackFacts): PackPlan | Problem {
  const graph = graphOf(pack);
  const refused = checkIds(pack, graph);
  if (refused) return refused;
  const order = sortTopologically(graph);
  if (isProblem(order)) return order;
  const missing = checkClosure(pack, order, graph, facts);
  if (missing) return missing;

  const { inside, outside } = reached(pack, graph);
  for (const { id } of order)
    if (!inside.has(id) && !facts.reachedThroughStored?.has(id))
      return problem('unreachable-commit', { commit_id: id, head: pack.head });

  const generations = generationsOf(order, (id) => facts.commits.get(id)?.generation);
  return {
    commits: order.map((commit) => ({
      commit,
      generation: generations.get(commit.id)!,
      idVerified: commit.idForm !== null,
    })),
    boundary: [...outside],
    reaches: (id) => inside.has(id) || outside.has(id),
  };
}

function checkIds(pack: CommitPack, graph: ReadonlyMap<Id, CommitFacts>): Problem | null {
  for (const commit of pack.commits) {
    if (graph.get(commit.id) !== commit)
      return problem('bad-commit', { commit_id: commit.id, reason: 'is sent twice' });
    if (commit.idForm !== null || commit.laterSchema) continue;
    if (!pack.snapshots.get(commit.snapshotId)?.laterSchema)
      return problem('commit-id-mismatch', { commit_id: commit.id });
  }
  return null;
}

function checkClosure(
  pack: CommitPack,
  order: readonly CommitFacts[],
  graph: ReadonlyMap<Id, CommitFacts>,
  facts: PackFacts,
): Problem | null {
  for (const commit of order)
    for (const parent of commit.parents)
      if (!graph.has(parent) && !facts.commits.has(parent))
        return problem('parent-missing', { commit_id: commit.id, parent_id: parent });
  for (const commit of order)
    if (!pack.snapshots.has(commit.snapshotId) && !facts.snapshots.has(commit.snapshotId))
      return problem('snapshot-missing', {
        commit_id: commit.id,
        snapshot_id: commit.snapshotId,
      });
  if (pack.head !== null && !graph.has(pack.head) && !facts.commits.has(pack.head))
    return problem('head-missing', { head: pack.head });
  return null;
}
