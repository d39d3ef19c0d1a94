import { ARRAY, BOOL, FLOAT, INT, MAP, MsgpackReader, NIL, STR } from '~/wire/msgpack-reader';
import { MsgpackWriter } from '~/wire/msgpack-writer';
import {
  HALF_SURROGATE,
  type Json,
  JsonFloat,
  type JsonMap,
  JsonProblem,
  writeJson,
} from './lossless-json';

/**
 * JSON text ↔ msgpack bytes without loss: whole numbers stay whole, `1.0` travels as float64,
 * maps keep their order. The bytes are those Python's `msgpack.packb` would write.
 */

/** Transcodes msgpack bytes to the text of `json.dumps(value, indent=2)`; throws `JsonProblem`. */
export function msgpackToJson(bytes: Uint8Array, file: string): string {
  return writeJson(decodeJson(bytes, file));
}

/** Encodes a value as msgpack, every length and whole number in its shortest form. */
export function encodeJson(value: Json): Uint8Array {
  const writer = new MsgpackWriter(1024);
  writeValue(writer, value);
  return writer.take();
}

function writeValue(writer: MsgpackWriter, value: Json): void {
  if (value === null) writer.nil();
  else if (typeof value === 'boolean') writer.bool(value);
  else if (typeof value === 'number') writer.int(value);
  else if (typeof value === 'string') writeString(writer, value);
  else if (value instanceof JsonFloat) writer.float(value.value);
  else if (Array.isArray(value)) {
    writer.arrayHeader(value.length);
    for (const item of value) writeValue(writer, item);
  } else {
    writer.mapHeader(value.size);
    for (const [key, item] of value) {
      writeString(writer, key);
      writeValue(writer, item);
    }
  }
}

function writeString(writer: MsgpackWriter, text: string): void {
  if (HALF_SURROGATE.test(text)) throw new RangeError('text with half a surrogate pair');
  writer.str(text);
}

/**
 * Decodes msgpack bytes that the frame scanner let through.
 *
 * @param name of what the bytes are, for messages
 * @throws JsonProblem when a value has no JSON form (binary, NaN, an infinity)
 */
export function decodeJson(bytes: Uint8Array, name: string): Json {
  return readValue(new MsgpackReader(bytes), name);
}

function readValue(reader: MsgpackReader, name: string): Json {
  reader.head();
  switch (reader.kind) {
    case NIL:
      return null;
    case BOOL:
      return reader.value === 1;
    case INT:
      return reader.value;
    case FLOAT:
      if (!Number.isFinite(reader.value)) {
        throw new JsonProblem(`the number ${reader.value} has no JSON form`, '', name);
      }
      return new JsonFloat(reader.value);
    case STR:
      return reader.text();
    case ARRAY: {
      const list: Json[] = [];
      for (let left = reader.size; left > 0; left--) list.push(readValue(reader, name));
      return list;
    }
    case MAP: {
      const map: JsonMap = new Map();
      for (let left = reader.size; left > 0; left--) {
        const key = readValue(reader, name);
        if (typeof key !== 'string') throw new JsonProblem('a key is not text', '', name);
        map.set(key, readValue(reader, name));
      }
      return map;
    }
    default:
      throw new JsonProblem('binary data has no JSON form', '', name);
  }
}
