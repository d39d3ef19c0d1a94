import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { isErrorCode } from './errors';
import type { FieldReader } from './field-reader';
import {
  type ErrorFrame,
  type ProgressFrame,
  type PushKind,
  type PushPhase,
  type ReplyFrame,
  type ResultFrame,
  SFRAME_ERROR,
  SFRAME_PROGRESS,
  SFRAME_RESULT,
  type Warning,
} from './frames';
import { setOwn } from './msgpack-reader';

/** The frames that answer a push (docs/protocol.md §3): PROGRESS, ERROR and RESULT. */

const PHASES: readonly PushPhase[] = ['receiving', 'checking', 'storing', 'applying'];
const KINDS: readonly PushKind[] = ['create', 'fast-forward', 'force', 'delete', 'noop'];

/** A reply frame as the keys and values that it has on the wire, in msgpack or JSON. */
export function replyFields(frame: ReplyFrame, idFormat: IdFormat): Record<string, unknown> {
  switch (frame.type) {
    case SFRAME_PROGRESS: {
      const { type, phase, objects, commits, bytes } = frame;
      return { t: type, phase, objects, commits, bytes };
    }
    case SFRAME_ERROR:
      return errorToJson(frame);
    case SFRAME_RESULT:
      return resultFields(frame, idFormat);
  }
}

/** An ERROR frame as JSON, for refusals that have an HTTP status; ids in `detail` stay as they are. */
export function errorToJson(frame: ErrorFrame): Record<string, unknown> {
  const { type, code, message, retryable, pushId, detail } = frame;
  const id = pushId === undefined ? {} : { push_id: pushId };
  return { t: type, code, message, retryable, ...id, detail };
}

function resultFields(frame: ResultFrame, idFormat: IdFormat): Record<string, unknown> {
  const idText = (id: Id | null) => (id === null ? null : formatId(id, idFormat));
  return {
    t: frame.type,
    push_id: frame.pushId,
    seq: frame.seq,
    branch: frame.branch,
    kind: frame.kind,
    old_head: idText(frame.oldHead),
    new_head: idText(frame.newHead),
    objects_new: frame.objectsNew,
    objects_reused: frame.objectsReused,
    commits_new: frame.commitsNew,
    snapshots_new: frame.snapshotsNew,
    bytes_received: frame.bytesReceived,
    bytes_stored: frame.bytesStored,
    duration_ms: frame.durationMs,
    branch_heads: headFields(frame.branchHeads, idFormat),
    url: frame.url,
    warnings: frame.warnings,
    ...(frame.replayed === true ? { replayed: true } : {}),
  };
}

/** `{name: id}` with the ids in their text form. */
export function headFields(heads: Record<string, Id>, idFormat: IdFormat): Record<string, string> {
  return Object.fromEntries(
    Object.entries(heads).map(([name, id]) => [name, formatId(id, idFormat)]),
  );
}

/** Reads `{name: id}`. */
export function readHeads(f: FieldReader): Record<string, Id> {
  const heads: Record<string, Id> = {};
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    f.head();
    const name = f.text();
    setOwn(heads, name, f.id());
  }
  return heads;
}

/** Reads the map of a PROGRESS frame. */
export function readProgress(f: FieldReader): ProgressFrame {
  const frame: ProgressFrame = {
    type: SFRAME_PROGRESS,
    phase: 'receiving',
    objects: 0,
    commits: 0,
    bytes: 0,
  };
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'phase':
        frame.phase = oneOf(f, PHASES) ?? 'receiving';
        break;
      case 'objects':
        frame.objects = f.count();
        break;
      case 'commits':
        frame.commits = f.count();
        break;
      case 'bytes':
        frame.bytes = f.count();
        break;
      default:
        f.skip();
    }
  }
  return frame;
}

/**
 * Reads the map of an ERROR frame. A code that this version does not know becomes `internal`, with
 * the code that was sent in `detail.code`: the sentence still reaches the user.
 */
export function readError(f: FieldReader): ErrorFrame {
  const frame: ErrorFrame = {
    type: SFRAME_ERROR,
    code: 'internal',
    message: '',
    retryable: false,
    detail: {},
  };
  let code: string | null = null;
  let message: string | null = null;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'code':
        code = f.string(TEXT_BYTES_MAX);
        break;
      case 'message':
        message = f.string(TEXT_BYTES_MAX);
        break;
      case 'retryable':
        frame.retryable = f.bool();
        break;
      case 'push_id':
        if (!f.nil()) frame.pushId = f.string(TEXT_BYTES_MAX);
        break;
      case 'detail':
        frame.detail = readObject(f);
        break;
      default:
        f.skip();
    }
  }
  if (code === null) f.missing('code');
  if (message === null) f.missing('message');
  frame.message = message ?? '';
  if (isErrorCode(code)) frame.code = code;
  else frame.detail = { ...frame.detail, code };
  return frame;
}

/** Reads the map of a RESULT frame. */
export function readResult(f: FieldReader): ResultFrame {
  const frame: Partial<ResultFrame> = {};
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'push_id':
        frame.pushId = f.string(TEXT_BYTES_MAX);
        break;
      case 'seq':
        frame.seq = f.count();
        break;
      case 'branch':
        frame.branch = f.string(TEXT_BYTES_MAX);
        break;
      case 'kind':
        frame.kind = oneOf(f, KINDS);
        break;
      case 'old_head':
        frame.oldHead = f.nil() ? null : f.id();
        break;
      case 'new_head':
        frame.newHead = f.nil() ? null : f.id();
        break;
      case 'objects_new':
        frame.objectsNew = f.count();
        break;
      case 'objects_reused':
        frame.objectsReused = f.count();
        break;
      case 'commits_new':
        frame.commitsNew = f.count();
        break;
      case 'snapshots_new':
        frame.snapshotsNew = f.count();
        break;
      case 'bytes_received':
        frame.bytesReceived = f.count();
        break;
      case 'bytes_stored':
        frame.bytesStored = f.count();
        break;
      case 'duration_ms':
        frame.durationMs = f.count();
        break;
      case 'branch_heads':
        frame.branchHeads = readHeads(f);
        break;
      case 'url':
        frame.url = f.string(TEXT_BYTES_MAX);
        break;
      case 'warnings':
        frame.warnings = readWarnings(f);
        break;
      case 'replayed':
        frame.replayed = f.bool();
        break;
      default:
        f.skip();
    }
  }
  for (const [key, name] of RESULT_REQUIRED) if (frame[key] === undefined) f.missing(name);
  return { ...(frame as ResultFrame), type: SFRAME_RESULT };
}

const RESULT_REQUIRED: [keyof ResultFrame, string][] = [
  ['pushId', 'push_id'],
  ['seq', 'seq'],
  ['branch', 'branch'],
  ['kind', 'kind'],
  ['oldHead', 'old_head'],
  ['newHead', 'new_head'],
  ['objectsNew', 'objects_new'],
  ['objectsReused', 'objects_reused'],
  ['commitsNew', 'commits_new'],
  ['snapshotsNew', 'snapshots_new'],
  ['bytesReceived', 'bytes_received'],
  ['bytesStored', 'bytes_stored'],
  ['durationMs', 'duration_ms'],
  ['branchHeads', 'branch_heads'],
  ['url', 'url'],
  ['warnings', 'warnings'],
];

/** Texts of a reply are bounded by the frame they come in. */
const TEXT_BYTES_MAX = 64 * 1024;

function oneOf<T extends string>(f: FieldReader, allowed: readonly T[]): T | undefined {
  const text = f.string(TEXT_BYTES_MAX);
  const found = allowed.find((value) => value === text);
  if (found === undefined) f.fail(`be one of ${allowed.join(', ')}`);
  return found;
}

function readObject(f: FieldReader): Record<string, unknown> {
  const value = f.any();
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  f.fail('be a map');
  return {};
}

function readWarnings(f: FieldReader): Warning[] {
  const warnings: Warning[] = [];
  for (let left = f.list(); left > 0 && f.problem === null; left--) {
    const warning = readObject(f);
    const { code, message } = warning;
    if (typeof code === 'string' && typeof message === 'string') {
      warnings.push({ ...warning, code, message });
    } else f.fail('be a list of maps with a code and a message');
  }
  return warnings;
}
