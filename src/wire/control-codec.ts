import { formatId, type Id, type IdFormat } from '~/muse/ids';
import type { FieldReader } from './field-reader';
import {
  type EndFrame,
  type FetchHeaderFrame,
  type HeaderFrame,
  type Outgoing,
  SFRAME_END,
  SFRAME_HEADER,
} from './frames';
import { STREAM_MAX_CONTROL_FRAME_BYTES, STREAM_VERSION } from './limits';
import { INT } from './msgpack-reader';
import { encodeValue } from './msgpack-writer';
import { headFields, readHeads } from './reply-codec';

/** The frames that open and close a stream (docs/protocol.md §3, §4): HEADER, in two kinds, and END. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CLIENT_BYTES_MAX = 256;

/** Reads the map of the HEADER of a push. */
export function readHeader(f: FieldReader): HeaderFrame | null {
  if (!isSpoken(f)) return null;
  let branch: string | null = null;
  let head: Id | null | undefined;
  let objectCount = -1;
  let commitCount = -1;
  const optional: Pick<HeaderFrame, 'pushId' | 'expectedHead' | 'byteCount' | 'client'> = {};
  let force = false;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'push_id':
        if (!f.nil()) optional.pushId = uuid(f);
        break;
      case 'branch':
        branch = f.string(STREAM_MAX_CONTROL_FRAME_BYTES);
        break;
      case 'head':
        head = f.nil() ? null : f.id();
        break;
      case 'expected_head':
        optional.expectedHead = f.nil() ? null : f.id();
        break;
      case 'force':
        force = f.nil() ? false : f.bool();
        break;
      case 'n_objects':
        objectCount = f.count();
        break;
      case 'n_commits':
        commitCount = f.count();
        break;
      case 'n_bytes':
        if (!f.nil()) optional.byteCount = f.count();
        break;
      case 'client':
        if (!f.nil()) optional.client = f.string(CLIENT_BYTES_MAX);
        break;
      default:
        f.skip();
    }
  }
  if (branch === null) f.missing('branch');
  if (head === undefined) f.missing('head');
  if (objectCount < 0) f.missing('n_objects');
  if (commitCount < 0) f.missing('n_commits');
  return {
    type: SFRAME_HEADER,
    idFormat: f.idFormat,
    wireBytes: f.bytes.length,
    version: STREAM_VERSION,
    branch: branch ?? '',
    head: head ?? null,
    force,
    objectCount,
    commitCount,
    ...optional,
  };
}

/** The version comes first: the fields of another version may be anything. */
function isSpoken(f: FieldReader): boolean {
  if (!f.seek(0, 'v')) {
    f.missing('v');
    return false;
  }
  f.field = 'v';
  f.head();
  const version = f.kind === INT ? f.value : null;
  f.pos = 0;
  if (version === STREAM_VERSION) return true;
  f.fail(`be ${STREAM_VERSION}, the version that is spoken here`, 'unsupported-version', {
    version,
    supported: [STREAM_VERSION],
  });
  return false;
}

function uuid(f: FieldReader): string {
  const text = f.string(STREAM_MAX_CONTROL_FRAME_BYTES);
  if (!UUID.test(text)) f.fail('be a UUID');
  return text.toLowerCase();
}

/** Reads the map of END. */
export function readEnd(f: FieldReader): EndFrame {
  let objectCount = -1;
  let commitCount = -1;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'n_objects':
        objectCount = f.count();
        break;
      case 'n_commits':
        commitCount = f.count();
        break;
      default:
        f.skip();
    }
  }
  if (objectCount < 0) f.missing('n_objects');
  if (commitCount < 0) f.missing('n_commits');
  const { idFormat } = f;
  return { type: SFRAME_END, objectCount, commitCount, idFormat, wireBytes: f.bytes.length };
}

/** Reads the map of the HEADER of a fetch answer. */
export function readFetchHeader(f: FieldReader): FetchHeaderFrame | null {
  if (!isSpoken(f)) return null;
  let objectCount = -1;
  let commitCount = -1;
  let idFormat: IdFormat | null = null;
  let branchHeads: Record<string, Id> | null = null;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'n_objects':
        objectCount = f.count();
        break;
      case 'n_commits':
        commitCount = f.count();
        break;
      case 'id_format': {
        const text = f.string(16);
        if (text === 'bare' || text === 'prefixed') idFormat = text;
        else f.fail('be bare or prefixed');
        break;
      }
      case 'branch_heads':
        branchHeads = readHeads(f);
        break;
      default:
        f.skip();
    }
  }
  if (objectCount < 0) f.missing('n_objects');
  if (commitCount < 0) f.missing('n_commits');
  if (idFormat === null) f.missing('id_format');
  if (branchHeads === null) f.missing('branch_heads');
  return {
    type: SFRAME_HEADER,
    version: STREAM_VERSION,
    objectCount,
    commitCount,
    idFormat: idFormat ?? 'bare',
    branchHeads: branchHeads ?? {},
  };
}

/** The HEADER of a push as bytes. */
export function encodeHeader(frame: Outgoing<HeaderFrame>, idFormat: IdFormat): Uint8Array {
  const idText = (id: Id | null | undefined) => (id ? formatId(id, idFormat) : id);
  return encodeValue({
    t: frame.type,
    v: frame.version,
    push_id: frame.pushId,
    branch: frame.branch,
    head: idText(frame.head),
    expected_head: idText(frame.expectedHead),
    force: frame.force,
    n_objects: frame.objectCount,
    n_commits: frame.commitCount,
    n_bytes: frame.byteCount,
    client: frame.client,
  });
}

/** The HEADER of a fetch answer as bytes. */
export function encodeFetchHeader(frame: FetchHeaderFrame, idFormat: IdFormat): Uint8Array {
  return encodeValue({
    t: frame.type,
    v: frame.version,
    n_objects: frame.objectCount,
    n_commits: frame.commitCount,
    id_format: frame.idFormat,
    branch_heads: headFields(frame.branchHeads, idFormat),
  });
}

/** END as bytes. */
export function encodeEnd(frame: Outgoing<EndFrame>): Uint8Array {
  return encodeValue({ t: frame.type, n_objects: frame.objectCount, n_commits: frame.commitCount });
}
