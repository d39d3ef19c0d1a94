import { randomUUID } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { Refusal } from '~/wire/errors';
import { BlobMissing, type BlobStore, checkBlobKey } from '../ports/blob-store';
import { type Attempt, GivenUp, type RetryPolicy, withRetries } from './retries';
import { BadAnswer, outcomeOf, sayS3Error } from './s3-errors';
import { checkRange, contradicts, type Digested, digest, slices } from './s3-transfer';
import { Slots } from './slots';

const PUTS_AT_ONCE = 100;
const READS_AT_ONCE = 64;
const DELETES_AT_ONCE = 32;
const CONNECT_MAX_MS = 4_000;
const PROBE_PREFIX = 'check/';

/** A store that does not answer is told apart from a slow one within 28 s. */
export const S3_RETRIES: RetryPolicy = {
  budgetMs: 20_000,
  stallMs: 8_000,
  pauseMs: 50,
  pauseMaxMs: 2_000,
};
/** `check` answers someone who asks again soon. */
const CHECK_BUDGET_MS = 5_000;

/** What goes wrong is told to `onTrouble`; the client would write to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export interface S3Options {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Put before every key, e.g. `musehub/`, so that one bucket can serve several. */
  prefix?: string;
  /** Whether `check` makes the bucket when there is none. */
  createBucket?: boolean;
  retries?: Partial<RetryPolicy>;
  /** Keys asked for at a time when listing; the server's own figure when absent. */
  pageKeys?: number;
  /** Told of every failed attempt, for the log; `final` when there is no further one. */
  onTrouble?: (trouble: {
    operation: string;
    attempt: number;
    final: boolean;
    error: unknown;
  }) => void;
}

/**
 * Blobs as objects of an S3 bucket.
 *
 * A put carries the SHA-256 of its body in the signed `x-amz-content-sha256` and its MD5 in
 * `Content-MD5`, so a server that checks either refuses damaged bytes; the ETag that comes back is
 * compared as well. It asks for `If-None-Match: *` until the server says that it does not know it.
 */
export class S3BlobStore implements BlobStore {
  readonly #options: S3Options;
  readonly #client: S3Client;
  readonly #policy: RetryPolicy;
  readonly #prefix: string;
  /** Places, so that nothing waits inside the connection pool, where waiting looks like a stall. */
  readonly #puts = new Slots(PUTS_AT_ONCE, Number.POSITIVE_INFINITY);
  readonly #reads = new Slots(READS_AT_ONCE, Number.POSITIVE_INFINITY);
  #knowsConditions = true;

  constructor(options: S3Options) {
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.#policy = { ...S3_RETRIES, ...options.retries };
    const pool = { keepAlive: true, maxSockets: PUTS_AT_ONCE + READS_AT_ONCE + DELETES_AT_ONCE };
    this.#client = new S3Client({
      endpoint: options.endpoint,
      region: options.region,
      credentials: {
        accessKeyId: options.accessKeyId,
        secretAccessKey: options.secretAccessKey,
      },
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
      maxAttempts: 1, // the retries are ours: see `withRetries`
      logger: SILENT,
      requestHandler: { connectionTimeout: CONNECT_MAX_MS, httpAgent: pool, httpsAgent: pool },
    });
  }

  async put(key: string, parts: Uint8Array[], options: { signal?: AbortSignal } = {}) {
    const name = this.#nameOf(key);
    const { signal } = options;
    await this.#puts.take(0, signal);
    try {
      const body = digest(parts);
      await this.#retried('put', signal, (attempt) => this.#putOnce(name, body, attempt));
    } finally {
      this.#puts.release(0);
    }
  }

  async read(
    key: string,
    offset: number,
    length: number,
    options: { signal?: AbortSignal } = {},
  ): Promise<Buffer> {
    const name = this.#nameOf(key);
    const { signal } = options;
    await this.#reads.take(0, signal);
    try {
      return await this.#retried('read', signal, (attempt) =>
        length === 0
          ? this.#readNothing(name, offset, attempt)
          : this.#readOnce(name, offset, length, attempt),
      );
    } catch (error) {
      if (outcomeOf(error) === 'missing') throw new BlobMissing(key, { cause: error });
      throw error;
    } finally {
      this.#reads.release(0);
    }
  }

  /** One by one, several at a time: not every server takes them in bulk. */
  async delete(keys: string[], options: { signal?: AbortSignal } = {}): Promise<void> {
    const names = keys.map((key) => this.#nameOf(key));
    const next = names.values();
    const work = async () => {
      for (const Key of next) await this.#deleteOne(Key, options.signal);
    };
    await Promise.all(Array.from({ length: Math.min(DELETES_AT_ONCE, names.length) }, work));
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; bytes: number; modifiedAt: Date }> {
    let token: string | undefined;
    do {
      const page = await this.#retried('list', undefined, ({ signal }) =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#options.bucket,
            Prefix: this.#prefix + prefix,
            ContinuationToken: token,
            MaxKeys: this.#options.pageKeys,
          }),
          { abortSignal: signal },
        ),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key === undefined || Size === undefined || !LastModified) continue;
        const key = Key.slice(this.#prefix.length);
        if (checkBlobKey(key)) yield { key, bytes: Size, modifiedAt: LastModified };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async removeLeftovers(before: Date): Promise<number> {
    const old: string[] = [];
    for await (const { key, modifiedAt } of this.list(PROBE_PREFIX)) {
      if (modifiedAt < before) old.push(key);
    }
    await this.delete(old);
    return old.length;
  }

  /**
   * Rejects with `Refusal` `storage-full`, or with an error that tells the operator what is wrong
   * with the bucket or the way to it.
   */
  async check(): Promise<void> {
    try {
      try {
        await this.#probe();
      } catch (error) {
        if (!this.#options.createBucket || outcomeOf(rootOf(error)) !== 'no-bucket') throw error;
        await this.#createBucket();
        await this.#probe();
      }
    } catch (error) {
      if (Refusal.is(error) && error.code === 'storage-full') throw error;
      const { bucket, endpoint } = this.#options;
      const reason = sayS3Error(rootOf(error));
      throw new Error(`the bucket ${bucket} at ${endpoint} cannot be used: ${reason}`, {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #nameOf(key: string): string {
    if (!checkBlobKey(key)) throw new TypeError(`not a blob key: ${JSON.stringify(key)}`);
    return this.#prefix + key;
  }

  async #putOnce(Key: string, body: Digested, attempt: Attempt): Promise<void> {
    const conditional = this.#knowsConditions;
    const command = new PutObjectCommand({
      Bucket: this.#options.bucket,
      Key,
      Body: body.bytes === 0 ? new Uint8Array(0) : Readable.from(slices(body.parts, attempt.moved)),
      ContentLength: body.bytes,
      ContentMD5: body.md5.toString('base64'),
      IfNoneMatch: conditional ? '*' : undefined,
    });
    command.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] =
          body.sha256;
        return next(args);
      },
      { step: 'build', name: 'payloadHash' },
    );
    let answer: PutObjectCommandOutput;
    try {
      answer = await this.#client.send(command, { abortSignal: attempt.signal });
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === 'unsupported' && conditional) {
        this.#knowsConditions = false;
        return this.#putOnce(Key, body, attempt);
      }
      if (outcome !== 'taken') throw error;
      if (attempt.number === 1) {
        throw new Error(`blob ${Key} exists already and is not overwritten`, { cause: error });
      }
      // An earlier attempt, whose answer was lost, has stored these very bytes, or others.
      if (await this.#holds(Key, body, attempt)) return;
      throw new BadAnswer(`the store keeps other bytes for ${Key} than were sent`);
    }
    if (contradicts(answer, body)) {
      throw new BadAnswer(`the store has other bytes for ${Key} than were sent`);
    }
  }

  async #holds(Key: string, body: Digested, attempt: Attempt): Promise<boolean> {
    const found = await this.#head(Key, attempt);
    return found.ContentLength === body.bytes && !contradicts(found, body);
  }

  #head(Key: string, { signal }: Attempt) {
    const command = new HeadObjectCommand({ Bucket: this.#options.bucket, Key });
    return this.#client.send(command, { abortSignal: signal });
  }

  async #readNothing(Key: string, offset: number, attempt: Attempt): Promise<Buffer> {
    const { ContentLength } = await this.#head(Key, attempt);
    if ((ContentLength ?? 0) < offset) throw new BlobMissing(Key);
    return Buffer.alloc(0);
  }

  async #readOnce(Key: string, offset: number, length: number, attempt: Attempt): Promise<Buffer> {
    const answer = await this.#client.send(
      new GetObjectCommand({
        Bucket: this.#options.bucket,
        Key,
        Range: `bytes=${offset}-${offset + length - 1}`,
      }),
      { abortSignal: attempt.signal },
    );
    const body = answer.Body as Readable;
    addAbortSignal(attempt.signal, body);
    try {
      checkRange(Key, answer, offset, length);
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        attempt.moved();
        if (filled + chunk.byteLength > length) throw new BadAnswer(`${Key}: more than asked for`);
        buffer.set(chunk, filled);
        filled += chunk.byteLength;
      }
      if (filled < length) throw new BadAnswer(`${Key}: ${filled} of ${length} bytes came`);
      return buffer;
    } finally {
      body.destroy();
    }
  }

  async #deleteOne(Key: string, signal?: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#options.bucket, Key });
    try {
      await this.#retried('delete', signal, (attempt) =>
        this.#client.send(command, { abortSignal: attempt.signal }),
      );
    } catch (error) {
      if (outcomeOf(error) !== 'missing') throw error;
    }
  }

  async #probe(): Promise<void> {
    const key = `${PROBE_PREFIX}${randomUUID()}`;
    const Key = this.#nameOf(key);
    const bytes = Buffer.from('musehub');
    const policy = { ...this.#policy };
    policy.budgetMs = Math.min(policy.budgetMs, CHECK_BUDGET_MS);
    policy.stallMs = Math.min(policy.stallMs, CHECK_BUDGET_MS);
    await this.#retried('check', undefined, (a) => this.#putOnce(Key, digest([bytes]), a), policy);
    const read = (attempt: Attempt) => this.#readOnce(Key, 0, bytes.byteLength, attempt);
    const found = await this.#retried('check', undefined, read, policy);
    if (!found.equals(bytes)) throw new BadAnswer('it gives back other bytes than were stored');
    await this.#deleteOne(Key);
  }

  async #createBucket(): Promise<void> {
    const { bucket: Bucket, region } = this.#options;
    const elsewhere = region !== 'us-east-1' && region !== 'auto';
    await this.#retried('create bucket', undefined, ({ signal }) =>
      this.#client
        .send(
          new CreateBucketCommand({
            Bucket,
            CreateBucketConfiguration: elsewhere
              ? { LocationConstraint: region as 'eu-west-1' }
              : undefined,
          }),
          { abortSignal: signal },
        )
        .catch((error: Error) => {
          if (error.name !== 'BucketAlreadyOwnedByYou') throw error;
        }),
    );
  }

  /** Retries, and turns what is left into the port's errors: a refusal unless the caller looks closer. */
  async #retried<T>(
    operation: string,
    signal: AbortSignal | undefined,
    work: (attempt: Attempt) => Promise<T>,
    policy: RetryPolicy = this.#policy,
  ): Promise<T> {
    let attempts = 0;
    const tell = (error: unknown, final: boolean) =>
      this.#options.onTrouble?.({ operation, attempt: attempts, final, error });
    try {
      return await withRetries(
        (attempt) => {
          attempts = attempt.number;
          return work(attempt);
        },
        policy,
        {
          signal,
          worthRetrying: (error) => outcomeOf(error) === 'retry',
          onRetry: (error) => tell(error, false),
        },
      );
    } catch (error) {
      if (signal?.aborted) throw error;
      const outcome = error instanceof GivenUp ? 'final' : outcomeOf(error);
      if (outcome === 'missing') throw error;
      const fromStore =
        error instanceof GivenUp || (error instanceof Error && '$metadata' in error);
      if (!fromStore) throw error;
      tell(error, true);
      const code = outcome === 'full' ? 'storage-full' : 'storage-unavailable';
      throw new Refusal(code, {}, undefined, { cause: error });
    }
  }
}

/** The error of the last attempt behind a refusal. */
function rootOf(error: unknown): unknown {
  let root = error;
  while ((Refusal.is(root) || root instanceof GivenUp) && root.cause) root = root.cause;
  return root;
}
