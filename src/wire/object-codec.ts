import { formatId, type Id, type IdFormat } from '~/muse/ids';
import type { FieldReader } from './field-reader';
import {
  type Encoding,
  type ObjectChunkFrame,
  type ObjectFrame,
  type Outgoing,
  SFRAME_OBJECT,
  SFRAME_OBJECT_CHUNK,
} from './frames';
import { type Limits, STREAM_MAX_CONTROL_FRAME_BYTES } from './limits';
import { STR } from './msgpack-reader';
import type { MsgpackWriter } from './msgpack-writer';

/** OBJECT and OBJECT_CHUNK frames (docs/protocol.md §3). Data is a part of the frame, not a copy. */

/** An OBJECT or OBJECT_CHUNK without its data. */
export type ObjectHead =
  | Omit<Outgoing<ObjectFrame>, 'data'>
  | Omit<Outgoing<ObjectChunkFrame>, 'data'>;

const ENCODINGS: readonly string[] = ['raw', 'zlib', 'zstd'] satisfies Encoding[];

/** Reads the map of an OBJECT frame. */
export function readObjectFrame(f: FieldReader, limits: Limits): ObjectFrame {
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

/** Reads the map of an OBJECT_CHUNK frame. */
export function readChunk(f: FieldReader, limits: Limits): ObjectChunkFrame {
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
  if (size > limits.maxObjectBytes)
    f.exceed('stream_max_object_bytes', limits.maxObjectBytes, 'bytes');
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

/** Writes all of a frame but its data, whose header comes last. */
export function writeObjectHead(
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
