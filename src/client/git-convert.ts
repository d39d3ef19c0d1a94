import { commitIdsOf } from '~/muse/commit-id';
import { parseSubject } from '~/muse/conventional-commit';
import type { Id } from '~/muse/ids';
import { COMMIT_MAX_MESSAGE_BYTES } from '~/wire/limits';
import { type GitCommit, isoTime } from './git-commit';
import type { GitHistory } from './git-history';
import { type Json, writeJson } from './lossless-json';

/** The schema of the records that are written, the public CLI's number. */
const FORMAT_VERSION = 5;

export interface MadeCommit {
  id: Id;
  snapshotId: Id;
  committedAt: string;
  /** The text of its file. */
  text: string;
  /** What could not be kept as it was; the same words for the same thing. */
  notes: string[];
}

/** Where a commit stands in the Muse repository. */
export interface Place {
  /** Muse ids of all of git's parents. */
  parents: Id[];
  snapshotId: Id;
  repoId: string;
  branch: string;
}

/**
 * The Muse commit for a commit of git. Its time is the committer's, since that is when the commit
 * came to be; what has no field of its own is kept in `metadata`, all text, under names that begin
 * with `git_`.
 */
export function makeCommit(commit: GitCommit, place: Place): MadeCommit {
  const { author, committer } = commit;
  const notes: string[] = [];
  if (commit.guessed) notes.push('the text of a commit is in no known encoding and was guessed');
  const message = cut(commit.message);
  if (message !== commit.message)
    notes.push(`a message is longer than ${COMMIT_MAX_MESSAGE_BYTES} bytes and was cut`);
  const parents = [...new Set(place.parents)].slice(0, 2);
  const metadata = new Map<string, Json>([['git_commit', commit.id]]);
  if (parents.length < new Set(place.parents).size) {
    notes.push('a merge has more than two parents: the first two are kept');
    metadata.set('git_parents', place.parents.join(' '));
  }
  if (author.email !== '') metadata.set('git_author_email', author.email);
  const committedAt = isoTime(committer.seconds, committer.offset);
  const authoredAt = isoTime(author.seconds, author.offset);
  if (authoredAt !== committedAt) metadata.set('git_authored_at', authoredAt);
  if (committer.name !== author.name) metadata.set('git_committer', committer.name);
  if (committer.email !== author.email) metadata.set('git_committer_email', committer.email);
  if (!isPlainDate(committer.raw)) {
    metadata.set('git_committer_date', committer.raw);
    notes.push('a date or its offset is out of range');
  }
  const fields = {
    parents,
    snapshotId: place.snapshotId,
    message,
    committedAt,
    author: author.name,
    signerPublicKey: '',
  };
  const id = commitIdsOf(fields).four;
  const record = new Map<string, Json>([
    ['commit_id', id],
    ['repo_id', place.repoId],
    ['branch', place.branch],
    ['snapshot_id', place.snapshotId],
    ['message', message],
    ['committed_at', committedAt],
    ['parent_commit_id', parents[0] ?? null],
    ['parent2_commit_id', parents[1] ?? null],
    ['author', author.name],
    ['metadata', metadata],
    ['structured_delta', null],
    ['sem_ver_bump', bumpOf(message)],
    ['breaking_changes', []],
    ['agent_id', ''],
    ['model_id', ''],
    ['toolchain_id', ''],
    ['prompt_hash', ''],
    ['signature', ''],
    ['signer_key_id', ''],
    ['format_version', FORMAT_VERSION],
    ['reviewed_by', []],
    ['test_runs', 0],
  ]);
  return { id, snapshotId: place.snapshotId, committedAt, text: `${writeJson(record)}\n`, notes };
}

/** What a commit says of the version by the rules of conventional commits. */
function bumpOf(message: string): string {
  const { type, breaking } = parseSubject(message);
  if (type === '') return 'none';
  if (breaking || /^BREAKING[ -]CHANGE: /m.test(message)) return 'major';
  if (type === 'feat') return 'minor';
  return type === 'fix' || type === 'perf' ? 'patch' : 'none';
}

const CUT_MARK = '\n[cut]';

function cut(message: string): string {
  if (Buffer.byteLength(message) <= COMMIT_MAX_MESSAGE_BYTES) return message;
  const bytes = Buffer.from(message).subarray(0, COMMIT_MAX_MESSAGE_BYTES - CUT_MARK.length - 4);
  // The last character may be cut in two; decoding shows it as the replacement character.
  return bytes.toString('utf8').replace(/\ufffd+$/, '') + CUT_MARK;
}

/** Whether git's date is one that a Muse time can say: seconds and an offset of less than a day. */
function isPlainDate(raw: string): boolean {
  const found = /^(-?\d+) [+-](\d\d)(\d\d)$/.exec(raw);
  if (found === null) return false;
  const seconds = Number(found[1]);
  return seconds > -62_135_510_400 && seconds < 253_402_214_400 && Number(found[2]) < 24;
}

/**
 * The branch that each commit's record names: the default branch for all it reaches, then for each
 * other branch, in the order of their names, what none before reaches. Git does not keep on which
 * branch a commit was made.
 */
export function branchOfCommits(history: GitHistory): Map<string, string> {
  const parents = new Map(history.commits.map((commit) => [commit.id, commit.parents]));
  const branchOf = new Map<string, string>();
  const others = [...history.heads.keys()].filter((name) => name !== history.defaultBranch).sort();
  for (const name of [history.defaultBranch, ...others]) {
    const head = history.heads.get(name);
    const open = head === undefined ? [] : [head];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (branchOf.has(id)) continue;
      branchOf.set(id, name);
      open.push(...(parents.get(id) ?? []));
    }
  }
  return branchOf;
}
