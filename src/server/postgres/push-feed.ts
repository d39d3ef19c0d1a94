import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Refusal } from '~/wire/errors';
import type { PushFeed, PushSignal } from '../ports/push-feed';

export interface PushFeedOptions {
  databaseUrl: string;
  /** Told once when the connection breaks, and of what cannot be told to others. */
  onTrouble: (what: string, error: unknown) => void;
  /** How long after a break it is tried again. */
  retryMs?: number;
  /** How often a connection that says nothing is asked whether it lives. */
  probeMs?: number;
  /** Streams that may watch in this process, and those of one reader. */
  watchersMax?: number;
  watchersPerReaderMax?: number;
}

const CHANNEL = 'musehub_pushes';
const RETRY_MS = 1_000;
const PROBE_MS = 20_000;
const ANSWER_MAX_MS = 10_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** How long the end of the process waits for what is on its way. */
const LAST_WORDS_MS = 1_000;
const WATCHERS_MAX = 500;
const WATCHERS_PER_READER_MAX = 25;
/** Signals on their way to the database; beyond it progress is dropped, as a newer one follows. */
const OUTBOX_MAX = 64;
/** Endings that are kept for when the connection is there again. */
const ENDINGS_MAX = 256;
/** What NOTIFY carries at most; a signal is far smaller. */
const PAYLOAD_BYTES_MAX = 8_000;

type Listener = (signal: PushSignal | null) => void;

/**
 * News of pushes by LISTEN and NOTIFY. One connection of this process, apart from the pool, does
 * both, so that no push waits for it and no transaction notifies. After a break it connects again,
 * tells what ended meanwhile, and lets everyone who watches here look again.
 */
export class PostgresPushFeed implements PushFeed {
  readonly #watchers = new Map<string, Set<Listener>>();
  readonly #options: Required<PushFeedOptions>;
  /** Streams of each reader. */
  readonly #readers = new Map<string, number>();
  #watching = 0;
  #client: pg.Client | null = null;
  #outbox: PushSignal[] = [];
  #sending = false;
  #sent: Promise<void> = Promise.resolve();
  #probeDue = false;
  #closed = false;
  #broken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PushFeedOptions) {
    this.#options = {
      ...{ retryMs: RETRY_MS, probeMs: PROBE_MS, watchersMax: WATCHERS_MAX },
      watchersPerReaderMax: WATCHERS_PER_READER_MAX,
      ...options,
    };
  }

  /** Connects, and goes on trying while it cannot; resolves when the first try is over. */
  async start(): Promise<void> {
    if (this.#closed) return;
    const client = new pg.Client({
      connectionString: this.#options.databaseUrl,
      connectionTimeoutMillis: ANSWER_MAX_MS,
      query_timeout: ANSWER_MAX_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      application_name: 'musehub feed',
    });
    // A connection that breaks says so here, before and after it was made.
    let lost = false;
    const lose = (error: unknown): void => {
      if (lost) return;
      lost = true;
      this.#lose(client, error);
    };
    client.on('error', lose);
    client.on('end', () => lose(new Error('the connection ended')));
    client.on('notification', ({ payload }) => this.#take(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      lose(error);
      return;
    }
    if (lost || this.#closed) return void client.end().catch(() => undefined);
    this.#begin(client);
  }

  publish(signal: PushSignal): void {
    // Others must hear of an ending even when it comes late; progress is soon out of date.
    const mayWait = signal.state !== 'under-way';
    const room = mayWait ? ENDINGS_MAX : this.#client ? OUTBOX_MAX : 0;
    if (this.#outbox.length >= room || this.#closed) return;
    this.#outbox.push(signal);
    this.#sendSoon();
  }

  watch(repoId: string, reader: string, listener: Listener): () => void {
    const { watchersMax, watchersPerReaderMax } = this.#options;
    const held = this.#readers.get(reader) ?? 0;
    if (this.#watching >= watchersMax || held >= watchersPerReaderMax) {
      const message = 'Too many pages watch pushes just now; load the page again in a while.';
      throw new Refusal('rate-limited', { retry_after_s: 30 }, message);
    }
    this.#watching++;
    this.#readers.set(reader, held + 1);
    const listeners = this.#watchers.get(repoId) ?? new Set();
    this.#watchers.set(repoId, listeners.add(listener));
    return () => {
      if (!listeners.delete(listener)) return;
      this.#watching--;
      const left = this.#readers.get(reader)! - 1;
      if (left === 0) this.#readers.delete(reader);
      else this.#readers.set(reader, left);
      if (listeners.size === 0 && this.#watchers.get(repoId) === listeners) {
        this.#watchers.delete(repoId);
      }
    };
  }

  /** How many watch in this process. */
  get watching(): number {
    return this.#watching;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.race([this.#sent, delay(LAST_WORDS_MS, undefined, { ref: false })]);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined); // it may be broken already
  }

  #begin(client: pg.Client): void {
    this.#client = client;
    this.#broken = false;
    this.#probeLater();
    this.#sendSoon();
    for (const listeners of this.#watchers.values()) {
      for (const listener of [...listeners]) listener(null);
    }
  }

  #sendSoon(): void {
    if (!this.#sending) this.#sent = this.#send();
  }

  /** Sends what waits, one statement after the other; never rejects. */
  async #send(): Promise<void> {
    this.#sending = true;
    for (;;) {
      const [client, signal] = [this.#client, this.#outbox[0]];
      if (!client || !(signal || this.#probeDue)) break;
      this.#probeDue = false;
      const payload = JSON.stringify(signal) ?? '';
      try {
        if (!signal) await client.query('SELECT 1');
        else if (Buffer.byteLength(payload) < PAYLOAD_BYTES_MAX) {
          await client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]);
        }
        this.#outbox = this.#outbox.filter((other) => other !== signal);
      } catch (error) {
        client.emit('error', error);
      }
    }
    this.#sending = false;
  }

  /** Nothing is sent on a connection that only listens, so a dead one would not be noticed. */
  #probeLater(): void {
    this.#timer = setTimeout(() => {
      this.#probeDue = true;
      this.#sendSoon();
      this.#probeLater();
    }, this.#options.probeMs).unref();
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#closed) return;
    if (!this.#broken) this.#options.onTrouble('news of pushes broke off', error);
    this.#broken = true;
    this.#client = null;
    this.#outbox = this.#outbox.filter(({ state }) => state !== 'under-way');
    clearTimeout(this.#timer);
    client.end().catch(() => undefined); // it is broken
    this.#timer = setTimeout(() => void this.start(), this.#options.retryMs).unref();
  }

  #take(payload: string): void {
    const signal = signalOf(payload);
    if (!signal) return;
    for (const listener of [...(this.#watchers.get(signal.repoId) ?? [])]) listener(signal);
  }
}

/** Null for what is none: whoever may connect to the database may notify. */
function signalOf(payload: string): PushSignal | null {
  try {
    const signal = JSON.parse(payload) as Partial<PushSignal> | null;
    return typeof signal?.repoId === 'string' && typeof signal.pushId === 'string'
      ? (signal as PushSignal)
      : null;
  } catch {
    return null;
  }
}
