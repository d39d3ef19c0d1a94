import type { IdFormat } from '~/muse/ids';
import {
  encodeEnd,
  encodeFetchHeader,
  encodeHeader,
  readEnd,
  readFetchHeader,
  readHeader,
} from './control-codec';
import { type Violation, violation } from './errors';
import { FieldReader } from './field-reader';
import {
  type CommitPackFrame,
  type EndFrame,
  type FetchFrame,
  type ObjectChunkFrame,
  type ObjectFrame,
  type Outgoing,
  type OutgoingFetchFrame,
  type OutgoingPushFrame,
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
import { type Limits, STREAM_MAX_CONTROL_FRAME_BYTES } from './limits';
import { encodeValue, MsgpackWriter } from './msgpack-writer';
import { type ObjectHead, readChunk, readObjectFrame, writeObjectHead } from './object-codec';
import { encodePack, encodeSnapshot, encodeSnapshotDelta, readPack } from './pack-codec';
import { readError, readProgress, readResult, replyFields } from './reply-codec';

/**
 * One whole frame ↔ a typed value (docs/protocol.md §3, §4). This, with the codecs of each
 * kind beside it, is the only place that knows the names of the wire. The bytes given here have
 * passed `FrameScanner`; every field is still checked for its presence, type and range.
 */

const NAMES = new Map<string, string>([
  [SFRAME_HEADER, 'HEADER'],
  [SFRAME_OBJECT, 'OBJECT'],
  [SFRAME_OBJECT_CHUNK, 'OBJECT_CHUNK'],
  [SFRAME_COMMIT_PACK, 'COMMIT_PACK'],
  [SFRAME_END, 'END'],
  [SFRAME_PROGRESS, 'PROGRESS'],
  [SFRAME_ERROR, 'ERROR'],
  [SFRAME_RESULT, 'RESULT'],
]);

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
  if (frame.type === SFRAME_HEADER) return encodeFetchHeader(frame, idFormat);
  return encodeContent(frame, idFormat);
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
  f.owner = NAMES.get(code) ?? 'frame';
  f.context = { frame: code };
  f.pos = 0;
  f.field = '';
  const frame = read(code, f);
  if (f.problem !== null) return f.problem;
  if (frame === null) {
    return violation(
      'bad-frame',
      { frame: code, field: 't' },
      NAMES.has(code)
        ? `A ${f.owner} frame has no place in this direction.`
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
      return encodeEnd(frame);
  }
}
