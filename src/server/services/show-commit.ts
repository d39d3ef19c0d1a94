import type { Commit } from '~/muse/commit';
import { isBreaking, parseSubject } from '~/muse/conventional-commit';
import type { Id } from '~/muse/ids';
import { keyIdsOf, verifySignature } from '~/muse/signature';
import { type DeltaView, readStructuredDelta } from '~/muse/structured-delta';
import { parseCommitRecord } from '~/wire/commit-record';
import { Refusal } from '~/wire/errors';
import { decodeValue } from '~/wire/msgpack-reader';
import type { BrowseDeps } from './browse-deps';
import { branchHistory, describeCommits, type ListedCommit } from './list-commits';
import { type ShownPush, visiblePush } from './list-pushes';
import type { OpenRepository } from './open-repository';
import { StoredRecordDamaged } from './tree-source';

type ShowDeps = Pick<BrowseDeps, 'browse' | 'histories' | 'historyCache' | 'records'>;

/** Where a commit stands on a branch. */
export interface CommitPosition {
  branch: string;
  isDefault: boolean;
  /** 1 is the newest. */
  place: number;
  count: number;
  older: Id | null;
  newer: Id | null;
}

export interface ShownCommit extends ListedCommit {
  subject: string;
  body: string;
  /** `!` in the subject, or breaking changes in the record. */
  breaking: boolean;
  breakingChanges: string[];
  /** null: no branch that the page may speak of reaches it. */
  position: CommitPosition | null;
  parentCommits: ListedCommit[];
  toolchainId: string;
  promptHash: string;
  signerKeyId: string;
  /** The account that registered the signing key. */
  signer: string | null;
  push: ShownPush | null;
  reviewedBy: string[];
  testRuns: number;
  formatVersion: number | null;
  delta: DeltaView | null;
}

/**
 * Everything a commit's page shows. `branch` is the one the reader comes from; when it does not
 * reach the commit, the record's own branch is tried, then the default.
 *
 * Throws `Refusal` `object-not-found` when the repository has no such commit.
 */
export async function showCommit(
  repo: OpenRepository,
  id: Id,
  branch: string | null,
  deps: ShowDeps,
): Promise<ShownCommit> {
  const raw = await loadRecord(repo, id, deps);
  const commit = readRecord(id, raw);
  const [described, position] = await Promise.all([
    describeCommits(repo, [id, ...commit.parents], deps),
    findPosition(repo, id, branch, commit.branch, deps),
  ]);
  const [row, ...parentCommits] = described;
  const [pushes, signer] = await Promise.all([
    deps.browse.findPushes(repo.entry.id, [row!.pushSeq]),
    row!.signatureState === 'verified' ? findSigner(commit, deps) : null,
  ]);
  const push = pushes.get(row!.pushSeq);
  const { subject, body } = parseSubject(commit.message);
  return {
    ...row!,
    subject,
    body,
    breaking: isBreaking(commit),
    breakingChanges: commit.breakingChanges,
    position,
    parentCommits,
    toolchainId: commit.toolchainId,
    promptHash: commit.promptHash,
    signerKeyId: commit.signerKeyId,
    signer,
    push: push ? visiblePush(repo, push) : null,
    reviewedBy: commit.reviewedBy,
    testRuns: commit.testRuns,
    formatVersion: commit.formatVersion,
    delta: readStructuredDelta((decodeValue(raw) as Record<string, unknown>).structured_delta),
  };
}

/** The exact bytes of a commit's record. Throws `Refusal` `object-not-found`. */
export async function loadRecord(
  repo: OpenRepository,
  id: Id,
  { records }: Pick<ShowDeps, 'records'>,
): Promise<Uint8Array> {
  const raw = (await records.loadRecords(repo.entry.id, [id])).get(id);
  if (!raw) throw new Refusal('object-not-found', {}, 'There is no such commit here.');
  return raw;
}

function readRecord(id: Id, raw: Uint8Array): Commit {
  const commit = parseCommitRecord(raw);
  // It was checked when it came in: now it can only be damage.
  if ('code' in commit) throw new StoredRecordDamaged('commit', id, commit.message);
  return commit;
}

/** Whose key signed a commit that was verified when it came; the key may be revoked since. */
async function findSigner(commit: Commit, { browse }: ShowDeps): Promise<string | null> {
  const keys = await browse.findSigners(keyIdsOf(commit));
  return keys.find(({ publicKey }) => verifySignature(commit, publicKey))?.handle ?? null;
}

async function findPosition(
  repo: OpenRepository,
  id: Id,
  asked: string | null,
  own: string,
  deps: ShowDeps,
): Promise<CommitPosition | null> {
  const candidates = new Set([asked, own, repo.entry.defaultBranch]);
  for (const branch of candidates) {
    if (!branch) continue;
    const history = await branchHistory(repo, branch, deps);
    const index = history ? await history.indexOf(id) : -1;
    if (!history || index < 0) continue;
    return {
      branch,
      isDefault: branch === repo.entry.defaultBranch,
      place: index + 1,
      count: history.count,
      older: await history.at(index + 1),
      newer: await history.at(index - 1),
    };
  }
  return null;
}
