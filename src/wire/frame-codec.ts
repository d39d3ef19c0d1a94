import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { type Violation, violation } from './errors';
import { FieldReader } from './field-reader';
import {
  type CommitPackFrame,
  type Encoding,
  type EndFrame,
  type FetchFrame,
  type FetchHeaderFrame,
  type HeaderFrame,
  type ObjectChunkFrame,
  type ObjectFrame,
  type PushFrame,
  type ReplyFrame,
  SFRAME_COMMIT_PACK,
  SFRAME_END,
  SFRAME_ERROR,
  SFRAME_HEADER,
  SFRAME_OBJECT,
  SFRAME_OBJECT_CHUNK,
  SFRAME_PROGRESS,
  SFRAME_RESULT,
} from './frames';
import { type Limits, STREAM_MAX_CONTROL_FRAME_BYTES, STREAM_VERSION } from './limits';
import { INT, STR } from './msgpack-reader';
import { encodeValue, MsgpackWriter } from './msgpack-writer';
import { encodePack, encodeSnapshot, encodeSnapshotDelta, readPack } from './pack-codec';
import {
  headFields,
  readError,
  readHeads,
  readProgress,
  readResult,
  replyFields,
} from './reply-codec';

/**
 * One whole frame ↔ a typed value (docs/protocol.md §3, §4). This, with the codecs of packs and
 * replies beside it, is the only place that knows the names of the wire. The bytes given here have
 * passed `FrameScanner`; every field is still checked for its presence, type and range.
 */

/** A frame as its sender makes it: the codec knows its length and its form of ids. */
export type Outgoing<F> = F extends unknown ? Omit<F, 'wireBytes' | 'idFormat'> : never;
export type OutgoingPushFrame = Outgoing<PushFrame>;
export type OutgoingFetchFrame = FetchHeaderFrame | Outgoing<Exclude<FetchFrame, FetchHeaderFrame>>;

/** An OBJECT or OBJECT_CHUNK without its data. */
export type ObjectHead =
  | Omit<Outgoing<ObjectFrame>, 'data'>
  | Omit<Outgoing<ObjectChunkFrame>, 'data'>;

const NAMES: Record<string, string> = {
  [SFRAME_HEADER]: 'HEADER',
  [SFRAME_OBJECT]: 'OBJECT',
  [SFRAME_OBJECT_CHUNK]: 'OBJECT_CHUNK',
  [SFRAME_COMMIT_PACK]: 'COMMIT_PACK',
  [SFRAME_END]: 'END',
  [SFRAME_PROGRESS]: 'PROGRESS',
  [SFRAME_ERROR]: 'ERROR',
  [SFRAME_RESULT]: 'RESULT',
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CLIENT_BYTES_MAX = 256;
const ENCODINGS: readonly string[] = ['raw', 'zlib', 'zstd'] satisfies Encoding[];

/** A frame of a push, as a client sends it; or what is wrong with it, by field. */
export function decodePushFrame(bytes: Uint8Array, limits: Limits): PushFrame | Violation {
  return decode<PushFrame>(bytes, (code, f) => {
    switch (code) {
      case SFRAME_HEADER:
        return readHeader(f);
      case SFRAME_OBJECT:
        return readObjectFrame(f, limits);
      case SFRAME_OBJECT_CHUNK:
        return readChunk(f, limits);
      case SFRAME_COMMIT_PACK:
        return readPackFrame(f, limits);
      case SFRAME_END:
        return readEnd(f);
      default:
        return null;
    }
  });
}

/** A frame of the answer to a push. */
export function decodeReplyFrame(bytes: Uint8Array): ReplyFrame | Violation {
  return decode<ReplyFrame>(bytes, (code, f) => {
    switch (code) {
      case SFRAME_PROGRESS:
        return readProgress(f);
      case SFRAME_ERROR:
        return readError(f);
      case SFRAME_RESULT:
        return readResult(f);
      default:
        return null;
    }
  });
}

/** A frame of the answer of `fetch/stream` or `fetch/objects`. */
export function decodeFetchFrame(bytes: Uint8Array, limits: Limits): FetchFrame | Violation {
  return decode<FetchFrame>(bytes, (code, f) => {
    switch (code) {
      case SFRAME_HEADER:
        return readFetchHeader(f);
      case SFRAME_OBJECT:
        return readObjectFrame(f, limits);
      case SFRAME_OBJECT_CHUNK:
        return readChunk(f, limits);
      case SFRAME_COMMIT_PACK:
        return readPackFrame(f, limits);
      case SFRAME_END:
        return readEnd(f);
      case SFRAME_ERROR:
        return readError(f);
      default:
        return null;
    }
  });
}

/** A frame of a push as bytes, ids in the given form; commit records go as they are. */
export function encodePushFrame(frame: OutgoingPushFrame, idFormat: IdFormat): Uint8Array {
  return frame.type === SFRAME_HEADER
    ? encodeHeader(frame, idFormat)
    : encodeContent(frame, idFormat);
}

/** A frame of the answer to a push as bytes. */
export function encodeReplyFrame(frame: ReplyFrame, idFormat: IdFormat): Uint8Array {
  return encodeValue(replyFields(frame, idFormat));
}

/** A frame of a fetch answer as bytes. */
export function encodeFetchFrame(frame: OutgoingFetchFrame, idFormat: IdFormat): Uint8Array {
  if (frame.type === SFRAME_ERROR) return encodeValue(replyFields(frame, idFormat));
  if (frame.type !== SFRAME_HEADER) return encodeContent(frame, idFormat);
  return encodeValue({
    t: frame.type,
    v: frame.version,
    n_objects: frame.objectCount,
    n_commits: frame.commitCount,
    id_format: frame.idFormat,
    branch_heads: headFields(frame.branchHeads, idFormat),
  });
}

/**
 * The bytes of an OBJECT or OBJECT_CHUNK frame up to its data, which is the frame's last field:
 * these bytes and then `dataBytes` bytes of data are the whole frame, so that data need not be
 * copied to be sent.
 */
export function encodeObjectHead(
  head: ObjectHead,
  dataBytes: number,
  idFormat: IdFormat,
): Uint8Array {
  const writer = new MsgpackWriter(160);
  writeObjectHead(writer, head, dataBytes, idFormat);
  return writer.take();
}

function decode<F>(
  bytes: Uint8Array,
  read: (code: string, f: FieldReader) => F | null,
): F | Violation {
  const f = new FieldReader(bytes, 'frame');
  const code = readCode(f);
  if (f.problem !== null) return f.problem;
  f.owner = NAMES[code] ?? 'frame';
  f.context = { frame: code };
  f.pos = 0;
  f.field = '';
  const frame = read(code, f);
  if (f.problem !== null) return f.problem;
  if (frame === null) {
    return violation(
      'bad-frame',
      { frame: code, field: 't' },
      code in NAMES
        ? `A ${NAMES[code]} frame has no place in this direction.`
        : `There is no frame with the code ${JSON.stringify(code)}.`,
    );
  }
  if (f.pos === bytes.length) return frame;
  return violation('bad-frame', f.context, `${f.owner}: bytes follow the frame.`);
}

function readCode(f: FieldReader): string {
  if (!f.seek(0, 't')) {
    f.missing('t');
    return '';
  }
  f.field = 't';
  return f.string(STREAM_MAX_CONTROL_FRAME_BYTES).slice(0, 16);
}

function readPackFrame(f: FieldReader, limits: Limits): CommitPackFrame {
  const pack = readPack(f, limits);
  return { type: SFRAME_COMMIT_PACK, ...pack, idFormat: f.idFormat, wireBytes: f.bytes.length };
}

function readHeader(f: FieldReader): HeaderFrame | null {
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

function readObjectFrame(f: FieldReader, limits: Limits): ObjectFrame {
  let id = '';
  let size = -1;
  let encoding: Encoding | null = null;
  let data: Uint8Array | null = null;
  let path: string | undefined;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'id':
        id = readObjectId(f);
        break;
      case 'size':
        size = readSize(f, limits);
        break;
      case 'enc':
        encoding = readEncoding(f);
        break;
      case 'data':
        data = f.data();
        break;
      case 'path':
        if (!f.nil()) path = f.string(STREAM_MAX_CONTROL_FRAME_BYTES);
        break;
      default:
        f.skip();
    }
  }
  requireObject(f, id, size, encoding, data);
  const frame: ObjectFrame = {
    type: SFRAME_OBJECT,
    id,
    size,
    encoding: encoding ?? 'raw',
    data: data ?? f.bytes,
    idFormat: f.idFormat,
    wireBytes: f.bytes.length,
  };
  if (path !== undefined) frame.path = path;
  return frame;
}

function readChunk(f: FieldReader, limits: Limits): ObjectChunkFrame {
  let id = '';
  let seq = -1;
  let size = -1;
  let encoding: Encoding | null = null;
  let data: Uint8Array | null = null;
  let last: boolean | null = null;
  for (let left = f.map(); left > 0 && f.problem === null; left--) {
    switch (f.key()) {
      case 'id':
        id = readObjectId(f);
        break;
      case 'seq':
        seq = f.count();
        break;
      case 'size':
        size = readSize(f, limits);
        break;
      case 'enc':
        encoding = readEncoding(f);
        break;
      case 'data':
        data = f.data();
        break;
      case 'last':
        last = f.bool();
        break;
      default:
        f.skip();
    }
  }
  requireObject(f, id, size, encoding, data);
  if (seq < 0) f.missing('seq');
  if (last === null) f.missing('last');
  return {
    type: SFRAME_OBJECT_CHUNK,
    id,
    seq,
    size,
    encoding: encoding ?? 'raw',
    data: data ?? f.bytes,
    last: last ?? false,
    idFormat: f.idFormat,
    wireBytes: f.bytes.length,
  };
}

function readObjectId(f: FieldReader): Id {
  const id = f.id();
  if (f.problem === null) f.context = { ...f.context, object_id: id };
  return id;
}

function readSize(f: FieldReader, limits: Limits): number {
  const size = f.count();
  if (size > limits.maxObjectBytes) f.exceed('max_object_bytes', limits.maxObjectBytes, 'bytes');
  return size;
}

function readEncoding(f: FieldReader): Encoding | null {
  f.head();
  if (f.kind === STR && f.size <= 16) {
    const encoding = f.text();
    if (ENCODINGS.includes(encoding)) return encoding as Encoding;
  }
  f.fail(`be one of ${ENCODINGS.join(', ')}`, 'unsupported-encoding');
  return null;
}

function requireObject(
  f: FieldReader,
  id: Id,
  size: number,
  encoding: Encoding | null,
  data: Uint8Array | null,
): void {
  if (id === '') f.missing('id');
  if (size < 0) f.missing('size');
  if (encoding === null) f.missing('enc');
  if (data === null) f.missing('data');
}

function readEnd(f: FieldReader): EndFrame {
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

function readFetchHeader(f: FieldReader): FetchHeaderFrame | null {
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

function encodeHeader(frame: Outgoing<HeaderFrame>, idFormat: IdFormat): Uint8Array {
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

function encodeContent(
  frame: Outgoing<ObjectFrame | ObjectChunkFrame | CommitPackFrame | EndFrame>,
  idFormat: IdFormat,
): Uint8Array {
  switch (frame.type) {
    case SFRAME_OBJECT:
    case SFRAME_OBJECT_CHUNK: {
      const writer = new MsgpackWriter(frame.data.length + 256);
      writeObjectHead(writer, frame, frame.data.length, idFormat);
      return writer.raw(frame.data).take();
    }
    case SFRAME_COMMIT_PACK:
      return encodePack({
        commits: frame.commits.map((record) => record.raw),
        snapshots: frame.snapshots.map((record) => encodeSnapshot(record, idFormat)),
        snapshotDeltas: frame.snapshotDeltas.map((record) => encodeSnapshotDelta(record, idFormat)),
      });
    case SFRAME_END:
      return encodeValue({
        t: frame.type,
        n_objects: frame.objectCount,
        n_commits: frame.commitCount,
      });
  }
}

function writeObjectHead(
  writer: MsgpackWriter,
  head: ObjectHead,
  dataBytes: number,
  idFormat: IdFormat,
): void {
  const chunk = head.type === SFRAME_OBJECT_CHUNK;
  const path = head.type === SFRAME_OBJECT ? head.path : undefined;
  writer.mapHeader(chunk ? 7 : path === undefined ? 5 : 6);
  writer.str('t').str(head.type).str('id').ascii(formatId(head.id, idFormat));
  if (chunk) writer.str('seq').int(head.seq);
  writer.str('size').int(head.size).str('enc').str(head.encoding);
  if (chunk) writer.str('last').bool(head.last);
  if (path !== undefined) writer.str('path').str(path);
  writer.str('data').binHeader(dataBytes);
}
