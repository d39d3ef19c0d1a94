import { ARRAY, BIN, BOOL, FLOAT, INT, MAP, MsgpackReader, STR } from './msgpack-reader';

/**
 * A msgpack value as JSON text, for clients that read JSON. Numbers keep their form: a float that is
 * whole is written with `.0`, so that a reader that tells 1 from 1.0 still does. JSON has no binary
 * and no NaN: these become base64 and null.
 */
export function msgpackToJson(bytes: Uint8Array): string {
  return write(new MsgpackReader(bytes));
}

function write(reader: MsgpackReader): string {
  reader.head();
  switch (reader.kind) {
    case BOOL:
      return reader.value === 1 ? 'true' : 'false';
    case INT:
      return String(reader.value);
    case FLOAT:
      return floatText(reader.value);
    case STR:
      return JSON.stringify(reader.text());
    case BIN:
      return JSON.stringify(reader.binary().toString('base64'));
    case ARRAY: {
      const items: string[] = [];
      for (let left = reader.size; left > 0; left--) items.push(write(reader));
      return `[${items.join(',')}]`;
    }
    case MAP: {
      const entries: string[] = [];
      for (let left = reader.size; left > 0; left--) {
        reader.head();
        const key = JSON.stringify(reader.text());
        entries.push(`${key}:${write(reader)}`);
      }
      return `{${entries.join(',')}}`;
    }
    default:
      return 'null';
  }
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
