import type { Commit } from '~/muse/commit';
import type { Id } from '~/muse/ids';
import { isViolation, type Violation } from './errors';
import { FieldReader } from './field-reader';
import type { CommitRecord } from './frames';
import { COMMIT_MAX_LIST_ITEMS, DEFAULT_LIMITS, type Limits } from './limits';
import { INT, MsgpackReader, STR } from './msgpack-reader';
import { encodeValue, MsgpackWriter } from './msgpack-writer';
import { equalValues } from './value-compare';

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
        message = f.string(limits.maxMessageBytes, 'commit_max_message_bytes');
        break;
      case 'committed_at':
        committedAt = f.string(limits.maxMessageBytes, 'commit_max_message_bytes');
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
  return f.nil() ? '' : f.string(limits.maxMessageBytes, 'commit_max_message_bytes');
}

/** A list of such texts; blank ones say nothing and are left out. */
function shownTexts(f: FieldReader, limits: Limits): string[] {
  const texts: string[] = [];
  if (f.nil()) return texts;
  const count = f.list();
  if (count > COMMIT_MAX_LIST_ITEMS)
    f.exceed('commit_max_list_items', COMMIT_MAX_LIST_ITEMS, 'items');
  for (let left = count; left > 0 && f.problem === null; left--) {
    const text = f.string(limits.maxMessageBytes, 'commit_max_message_bytes');
    if (text !== '') texts.push(text);
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
    f.exceed('commit_max_delta_bytes', limits.maxDeltaBytes, 'bytes');
  }
}

/** What two records under one commit id come to. */
export type MergedRecord =
  | { kind: 'same' }
  | { kind: 'merged'; record: Uint8Array }
  | { kind: 'conflict'; field: string };

/**
 * Joins a record that is pushed again with the one that is stored (docs/protocol.md §3, "Verbatim").
 * Only `reviewed_by`, joined as sets with the stored ones first, and `test_runs`, the larger, may
 * differ: then `merged` is the stored bytes with these two values replaced. Any other difference is
 * a conflict, which names the first field that differs; `same` is the stored record.
 */
export function mergeCommitRecord(stored: Uint8Array, incoming: Uint8Array): MergedRecord {
  if (Buffer.compare(stored, incoming) === 0) return { kind: 'same' };
  const mine = fieldsOf(stored);
  const theirs = fieldsOf(incoming);
  for (const field of new Set([...mine.keys(), ...theirs.keys()])) {
    if (field === 'reviewed_by' || field === 'test_runs') continue;
    const a = mine.get(field);
    const b = theirs.get(field);
    if (a === undefined || b === undefined || !equalValues(a, b))
      return { kind: 'conflict', field };
  }
  const edits = new Map<string, Uint8Array>();
  const reviewers = joinReviewers(mine.get('reviewed_by'), theirs.get('reviewed_by'));
  if (reviewers === null) return { kind: 'conflict', field: 'reviewed_by' };
  if (reviewers.length > 0) edits.set('reviewed_by', encodeValue(reviewers));
  const runs = moreRuns(mine.get('test_runs'), theirs.get('test_runs'));
  if (runs === null) return { kind: 'conflict', field: 'test_runs' };
  if (runs > 0) edits.set('test_runs', encodeValue(runs));
  if (edits.size === 0) return { kind: 'same' };
  return { kind: 'merged', record: splice(stored, mine, edits) };
}

/** The values of a record by key, as parts of its bytes. */
function fieldsOf(record: Uint8Array): Map<string, Buffer> {
  const reader = new MsgpackReader(record);
  const fields = new Map<string, Buffer>();
  reader.head();
  for (let left = reader.size; left > 0; left--) {
    reader.head();
    const key = reader.text();
    const start = reader.pos;
    reader.skip();
    fields.set(key, reader.bytes.subarray(start, reader.pos));
  }
  return fields;
}

/** All reviewers, the stored ones first; none when the stored ones are all; null when not texts. */
function joinReviewers(stored?: Buffer, incoming?: Buffer): string[] | null {
  const ours = textsOf(stored);
  const theirs = textsOf(incoming);
  if (ours === null || theirs === null) return null;
  const known = new Set(ours);
  return theirs.every((name) => known.has(name)) ? [] : [...new Set([...ours, ...theirs])];
}

function textsOf(value: Buffer | undefined): string[] | null {
  const f = new FieldReader(value ?? NIL_VALUE, '');
  const texts = shownTexts(f, DEFAULT_LIMITS);
  return f.problem === null ? texts : null;
}

/** The incoming number of test runs when it is the larger one, else 0; null when not numbers. */
function moreRuns(stored?: Buffer, incoming?: Buffer): number | null {
  const ours = new FieldReader(stored ?? NIL_VALUE, '');
  const theirs = new FieldReader(incoming ?? NIL_VALUE, '');
  const before = ours.nil() ? 0 : ours.count();
  const after = theirs.nil() ? 0 : theirs.count();
  if (ours.problem !== null || theirs.problem !== null) return null;
  return after > before ? after : 0;
}

/** The record with some values replaced where they stand, or put at its end. */
function splice(
  record: Uint8Array,
  fields: Map<string, Buffer>,
  edits: Map<string, Uint8Array>,
): Uint8Array {
  const reader = new MsgpackReader(record);
  reader.head();
  const added = [...edits.keys()].filter((key) => !fields.has(key));
  const writer = new MsgpackWriter(record.length + 1024);
  if (added.length === 0) writer.raw(record.subarray(0, reader.pos));
  else writer.mapHeader(reader.size + added.length);
  for (const [key, value] of fields) {
    const start = reader.pos;
    reader.skip();
    writer.raw(reader.bytes.subarray(start, reader.pos)).raw(edits.get(key) ?? value);
    reader.skip();
  }
  for (const key of added) writer.str(key).raw(edits.get(key)!);
  return Uint8Array.from(writer.take());
}

const NIL_VALUE = Uint8Array.of(0xc0);

/** Adds the commit's id to a violation that was met before the id was. */
function nameCommit(problem: Violation, f: FieldReader, start: number): void {
  const finder = new FieldReader(f.bytes, '');
  if (!finder.seek(start, 'commit_id')) return;
  const id = finder.id();
  if (finder.problem === null) problem.detail.commit_id = id;
}
