import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { MsgpackWriter } from './msgpack-writer';
import { msgpackToJson } from './record-json';
import { headFields } from './reply-codec';

/** Forms of a body: msgpack, which the public `muse` CLI speaks, or JSON. */
export type BodyForm = 'msgpack' | 'json';

/**
 * Writes the answer of `fetch`, one map `{commits, snapshots, objects, branch_heads}`
 * (docs/protocol.md §4), piece by piece, so that it is never held whole. The calls come in this
 * order, each section with as many records as it said (msgpack lists are announced by length):
 *
 *   commits(n)  commit × n  snapshots(n)  snapshot × n
 *   objects(n)  (openObject  content …  closeObject) × n  end
 *
 * Every call returns the bytes to write next.
 */
export class FetchAnswer {
  private readonly writer = new MsgpackWriter();
  private first = true;
  /** Bytes of content that do not fill a group of base64 yet. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly form: BodyForm,
    private readonly idFormat: IdFormat,
  ) {}

  /** Opens the answer and its list of commits. */
  commits(count: number): Uint8Array {
    this.writer.mapHeader(4);
    return this.section('{', 'commits', count);
  }

  /** The exact bytes of one commit record. */
  commit(record: Uint8Array): Uint8Array {
    return this.record(record);
  }

  snapshots(count: number): Uint8Array {
    return this.section('],', 'snapshots', count);
  }

  /** One snapshot record, as `encodeSnapshot` writes it. */
  snapshot(record: Uint8Array): Uint8Array {
    return this.record(record);
  }

  objects(count: number): Uint8Array {
    return this.section('],', 'objects', count);
  }

  /** Opens one object; `size` bytes of content follow. */
  openObject(id: Id, size: number): Uint8Array {
    const text = formatId(id, this.idFormat);
    if (this.form === 'json') {
      return Buffer.from(`${this.comma()}{"object_id":"${text}","content":"`);
    }
    this.writer.mapHeader(2).str('object_id').ascii(text).str('content').binHeader(size);
    return this.writer.take();
  }

  /** The next bytes of the object's content. */
  content(part: Uint8Array): Uint8Array {
    if (this.form === 'msgpack') return part;
    const joined = this.rest.length === 0 ? Buffer.from(part) : Buffer.concat([this.rest, part]);
    const whole = joined.length - (joined.length % 3);
    this.rest = joined.subarray(whole);
    return Buffer.from(joined.toString('base64', 0, whole), 'latin1');
  }

  closeObject(): Uint8Array {
    if (this.form === 'msgpack') return new Uint8Array(0);
    const last = this.rest.toString('base64');
    this.rest = Buffer.alloc(0);
    return Buffer.from(`${last}"}`, 'latin1');
  }

  /** The branch heads, and the end of the answer. */
  end(branchHeads: Record<string, Id>): Uint8Array {
    const heads = headFields(branchHeads, this.idFormat);
    if (this.form === 'json') return Buffer.from(`],"branch_heads":${JSON.stringify(heads)}}`);
    return this.writer.str('branch_heads').value(heads).take();
  }

  private section(before: string, name: string, count: number): Uint8Array {
    this.first = true;
    if (this.form === 'json') return Buffer.from(`${before}"${name}":[`);
    return this.writer.str(name).arrayHeader(count).take();
  }

  private record(record: Uint8Array): Uint8Array {
    if (this.form === 'msgpack') return record;
    return Buffer.from(this.comma() + msgpackToJson(record));
  }

  private comma(): string {
    const comma = this.first ? '' : ',';
    this.first = false;
    return comma;
  }
}
