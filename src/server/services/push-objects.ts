import type { Id } from '~/muse/ids';
import {
  type DecodeBounds,
  type DecodedObject,
  decodeObject,
  ObjectDecoder,
} from '~/muse/object-decoder';
import { isProblem, type Problem } from '~/muse/problem';
import { Refusal } from '~/wire/errors';
import type { ObjectChunkFrame, ObjectFrame, Warning } from '~/wire/frames';
import {
  DECODE_MAX_RATIO,
  DECODE_RATIO_FREE_BYTES,
  type Limits,
  ZSTD_MAX_WINDOW_BYTES,
} from '~/wire/limits';
import { isCheckedBeside, type ObjectChecker, type ObjectChecks } from '../ports/object-checker';
import type { ChunkedObject, ObjectStorage, ObjectWriter } from '../ports/object-storage';
import type { PushRepository } from '../ports/push-store';

/** Warnings that a RESULT carries at most; the marks on the objects are complete. */
const WARNINGS_MAX = 100;

export type WrittenObjects = Awaited<ReturnType<ObjectWriter['finish']>>;

/**
 * The objects of one push: each is decoded within bounds, hashed, compared with its id, looked at
 * for a second active format, and handed to the segment writer (docs/protocol.md §3, §6). Small ones
 * go to the writer first, and are checked while more come; `settle` is the end of that.
 */
export class PushObjects {
  readonly warnings: Warning[] = [];
  private readonly writer: ObjectWriter;
  private readonly checks: ObjectChecks;
  private refused: Refusal | null = null;
  private readonly bounds: DecodeBounds;
  private inChunks: { decoder: ObjectDecoder; sink: ChunkedObject } | null = null;

  constructor(
    private readonly repository: PushRepository,
    { storage, checker }: { storage: ObjectStorage; checker: ObjectChecker },
    limits: Limits,
  ) {
    this.writer = storage.openWriter(repository.id);
    this.bounds = {
      maxObjectBytes: limits.maxObjectBytes,
      maxRatio: DECODE_MAX_RATIO,
      ratioFreeBytes: DECODE_RATIO_FREE_BYTES,
      zstdMaxWindowBytes: ZSTD_MAX_WINDOW_BYTES,
    };
    this.checks = checker.open(this.bounds, (id, polyglot) => {
      this.writer.markPolyglot(id, polyglot);
      this.judge(id, polyglot);
    });
  }

  wasSent(id: Id): boolean {
    return this.writer.objects.has(id);
  }

  /** Takes an object; returns a promise only when there is something to wait for. */
  keep(frame: ObjectFrame): Promise<void> | undefined {
    if (isCheckedBeside(frame)) return this.keepAsItCame(frame);
    const decoded = decodeObject(frame, this.bounds);
    return decoded instanceof Promise
      ? decoded.then((object) => this.store(object))
      : this.store(decoded);
  }

  async keepChunk(frame: ObjectChunkFrame, first: boolean, last: boolean): Promise<void> {
    const { id, size, encoding } = frame;
    if (first) {
      const decoder = new ObjectDecoder({ id, size, encoding }, this.bounds);
      this.inChunks = { decoder, sink: this.writer.beginObject({ id, encoding }) };
    }
    const { decoder, sink } = this.inChunks!;
    if (frame.data.length > 0) {
      refuse(await decoder.write(frame.data));
      await sink.write(frame.data);
    }
    if (!last) return;
    this.inChunks = null;
    const { polyglot } = refuse(await decoder.finish());
    this.judge(id, polyglot);
    if (this.refused) throw this.refused;
    await sink.end({ size, polyglot });
  }

  /** Waits until every object is checked. Throws `Refusal` for the first that is refused. */
  async settle(): Promise<void> {
    const problem = await this.checks.settle();
    if (problem) refuse(problem);
    if (this.refused) throw this.refused;
  }

  /** Says that no object comes any more, so that what is left is stored while the rest is looked at. */
  seal(): void {
    this.writer.seal();
  }

  /** Waits until every byte is durable. */
  finish(): Promise<WrittenObjects> {
    return this.writer.finish();
  }

  /** Stops and deletes what was put; see `ObjectWriter.abandon`. */
  async abandon(): Promise<void> {
    this.inChunks?.decoder.destroy();
    this.inChunks = null;
    await this.writer.abandon();
  }

  private keepAsItCame(frame: ObjectFrame): Promise<void> | undefined {
    const { id, size, encoding, data } = frame;
    const parts = [data];
    const stored = { id, size, encoding, polyglot: '', parts, storedBytes: data.length };
    const slot = this.writer.add(stored);
    const turn = this.checks.add(frame);
    if (this.checks.problem || this.refused) {
      slot?.catch(() => {}); // the object is what the push falls for, whatever became of its bytes
      return this.settle();
    }
    return slot && turn ? slot.then(() => turn) : (slot ?? turn);
  }

  private store(decoded: DecodedObject | Problem): Promise<void> | undefined {
    const { id, size, encoding, polyglot, parts } = refuse(decoded);
    this.judge(id, polyglot);
    if (this.refused) throw this.refused;
    let storedBytes = 0;
    for (const part of parts) storedBytes += part.length;
    return this.writer.add({ id, size, encoding, polyglot, parts, storedBytes });
  }

  private judge(id: Id, polyglot: string): void {
    if (polyglot === '') return;
    if (this.repository.refusePolyglot) {
      this.refused ??= new Refusal('object-refused', { object_id: id, polyglot });
    } else if (this.warnings.length < WARNINGS_MAX) {
      this.warnings.push({
        code: 'polyglot',
        message: `An object is valid as ${polyglot.replace('+', ' and as ')}; it is served as a download only.`,
        object_id: id,
        polyglot,
      });
    }
  }
}

function refuse<T>(result: T | Problem): T {
  if (isProblem(result)) throw new Refusal(result.code, result.detail, result.message);
  return result as T;
}
