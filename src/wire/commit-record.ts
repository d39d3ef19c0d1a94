import type { Commit } from '~/muse/commit';
import type { Id } from '~/muse/ids';
import { isViolation, type Violation } from './errors';
import { FieldReader } from './field-reader';
import type { CommitRecord } from './frames';
import { DEFAULT_LIMITS, type Limits } from './limits';
import { INT, STR } from './msgpack-reader';

/**
 * The commit record (docs/protocol.md §3, "Records in C"). The hub keeps the exact bytes of a record
 * and reads from them only what it checks, searches by or shows; keys it does not know pass by.
 */

/**
 * Reads the record at the reader's position and steps over it. Problems are `bad-commit` and name
 * the field and, when it can be read, the commit.
 */
export function readCommit(f: FieldReader, limits: Limits): Commit | null {
  const start = f.pos;
  const around = { code: f.code, owner: f.owner, context: f.context };
  f.code = 'bad-commit';
  f.owner = 'commit record';
  const commit = readFields(f, limits);
  if (f.problem !== null && f.problem.detail.commit_id === undefined) {
    nameCommit(f.problem, f, start);
  }
  f.code = around.code;
  f.owner = around.owner;
  f.context = around.context;
  return f.problem === null ? commit : null;
}

/** The commit at the start of a record's bytes, which were checked when they came in. */
export function parseCommitRecord(
  raw: Uint8Array,
  limits: Limits = DEFAULT_LIMITS,
): Commit | Violation {
  const f = new FieldReader(raw, 'commit record');
  return readCommit(f, limits) ?? f.problem!;
}

/** A record's bytes with what is read of them, as COMMIT_PACK frames carry it. */
export function commitRecordOf(raw: Uint8Array): CommitRecord | Violation {
  const commit = parseCommitRecord(raw);
  return isViolation(commit) ? commit : { commit, raw };
}

function readFields(f: FieldReader, limits: Limits): Commit | null {
  const commit: Commit = {
    id: '',
    snapshotId: '',
    parents: [],
    message: '',
    committedAt: '',
    author: '',
    branch: '',
    semVerBump: '',
    breakingChanges: [],
    agentId: '',
    modelId: '',
    toolchainId: '',
    promptHash: '',
    signature: '',
    signerKeyId: '',
    signerPublicKey: '',
    formatVersion: null,
    reviewedBy: [],
    testRuns: 0,
  };
  let message: string | null = null;
  let committedAt: string | null = null;
  let parent1: Id | null = null;
  let parent2: Id | null = null;
  f.field = '';
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'commit_id':
        commit.id = f.id();
        if (f.problem === null) f.context = { ...f.context, commit_id: commit.id };
        break;
      case 'snapshot_id':
        commit.snapshotId = f.id();
        break;
      case 'message':
        message = f.string(limits.maxMessageBytes, 'max_message_bytes');
        break;
      case 'committed_at':
        committedAt = f.string(limits.maxMessageBytes, 'max_message_bytes');
        break;
      case 'parent_commit_id':
        parent1 = parentId(f);
        break;
      case 'parent2_commit_id':
        parent2 = parentId(f);
        break;
      case 'structured_delta':
        skipDelta(f, limits);
        break;
      case 'author':
        commit.author = shownText(f, limits);
        break;
      case 'branch':
        commit.branch = shownText(f, limits);
        break;
      case 'sem_ver_bump':
        commit.semVerBump = shownText(f, limits);
        break;
      case 'breaking_changes':
        commit.breakingChanges = shownTexts(f, limits);
        break;
      case 'agent_id':
        commit.agentId = shownText(f, limits);
        break;
      case 'model_id':
        commit.modelId = shownText(f, limits);
        break;
      case 'toolchain_id':
        commit.toolchainId = shownText(f, limits);
        break;
      case 'prompt_hash':
        commit.promptHash = shownText(f, limits);
        break;
      case 'signature':
        commit.signature = shownText(f, limits);
        break;
      case 'signer_key_id':
        commit.signerKeyId = shownText(f, limits);
        break;
      case 'signer_public_key':
        commit.signerPublicKey = shownText(f, limits);
        break;
      case 'format_version':
        commit.formatVersion = formatVersion(f);
        break;
      case 'reviewed_by':
        commit.reviewedBy = shownTexts(f, limits);
        break;
      case 'test_runs':
        commit.testRuns = f.nil() ? 0 : f.count();
        break;
      default:
        f.skip();
    }
  }
  if (f.problem !== null) return null;
  if (commit.id === '') f.missing('commit_id');
  if (commit.snapshotId === '') f.missing('snapshot_id');
  if (message === null) f.missing('message');
  if (committedAt === null) f.missing('committed_at');
  if (parent2 !== null && (parent1 === null || parent1 === parent2)) {
    f.field = 'parent2_commit_id';
    f.fail(parent1 === null ? 'come with a parent_commit_id' : 'differ from parent_commit_id');
  }
  commit.message = message ?? '';
  commit.committedAt = committedAt ?? '';
  if (parent1 !== null) commit.parents.push(parent1);
  if (parent2 !== null) commit.parents.push(parent2);
  return commit;
}

/** nil and '' say "no parent", as the absence of the key does. */
function parentId(f: FieldReader): Id | null {
  if (f.nil()) return null;
  const start = f.pos;
  f.head();
  if (f.kind === STR && f.size === 0) return null;
  f.pos = start;
  return f.id();
}

/** A text that is shown or searched only: nil says the same as ''. */
function shownText(f: FieldReader, limits: Limits): string {
  return f.nil() ? '' : f.string(limits.maxMessageBytes, 'max_message_bytes');
}

function shownTexts(f: FieldReader, limits: Limits): string[] {
  const texts: string[] = [];
  if (f.nil()) return texts;
  for (let left = f.list(); left > 0 && f.problem === null; left--) {
    texts.push(f.string(limits.maxMessageBytes, 'max_message_bytes'));
  }
  return texts;
}

function formatVersion(f: FieldReader): number | null {
  if (f.nil()) return null;
  f.head();
  if (f.kind !== INT) f.fail('be an integer');
  return f.value;
}

function skipDelta(f: FieldReader, limits: Limits): void {
  const start = f.pos;
  f.skip();
  if (f.pos - start > limits.maxDeltaBytes) {
    f.exceed('max_delta_bytes', limits.maxDeltaBytes, 'bytes');
  }
}

/** Adds the commit's id to a violation that was met before the id was. */
function nameCommit(problem: Violation, f: FieldReader, start: number): void {
  const finder = new FieldReader(f.bytes, '');
  if (!finder.seek(start, 'commit_id')) return;
  const id = finder.id();
  if (finder.problem === null) problem.detail.commit_id = id;
}
