import http from 'node:http';
import { isViolation } from '~/wire/errors';
import { decodeReplyFrame } from '~/wire/frame-codec';
import { FrameScanner } from '~/wire/frame-scanner';
import type { ReplyFrame } from '~/wire/frames';
import { DEFAULT_LIMITS, STREAM_MIME_TYPE } from '~/wire/limits';
import type { Hub } from './hub';

/** A push by hand over a real socket: what is sent when, and what has been answered so far. */
export class RawPush {
  readonly frames: ReplyFrame[] = [];
  status = 0;
  headers: http.IncomingHttpHeaders = {};
  /** The whole answer, once it has ended. */
  readonly answered: Promise<this>;
  readonly body: Buffer[] = [];
  readonly #request: http.ClientRequest;
  readonly #scanner = new FrameScanner(DEFAULT_LIMITS);
  #wake: (() => void)[] = [];
  #ended = false;

  constructor(
    hub: Hub,
    repository: string,
    options: { token?: string | null; headers?: http.OutgoingHttpHeaders; agent?: http.Agent } = {},
  ) {
    const { token = hub.adminToken, headers = {} } = options;
    const { hostname, port } = new URL(hub.url);
    this.#request = http.request({
      ...{ hostname, port, method: 'POST', path: `/${repository}/push/stream` },
      agent: options.agent ?? new http.Agent(),
      headers: {
        'content-type': STREAM_MIME_TYPE,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    this.answered = new Promise((resolve, reject) => {
      this.#request.on('error', reject);
      this.#request.on('response', (response) => {
        this.status = response.statusCode!;
        this.headers = response.headers;
        response.on('data', (chunk: Buffer) => this.#take(chunk));
        response.on('error', reject);
        response.on('end', () => {
          this.#ended = true;
          this.#notify();
          resolve(this);
        });
        this.#notify();
      });
    });
    this.answered.catch(() => {
      this.#ended = true;
      this.#notify();
    });
  }

  /** Writes; resolves when the socket takes more. */
  async send(...chunks: Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.#request.destroyed) return;
      if (this.#request.write(chunk) || this.#ended) continue;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          for (const event of ['drain', 'error', 'close']) this.#request.off(event, go);
          resolve();
        };
        // An answer that was whole before the request closes the connection without an error.
        for (const event of ['drain', 'error', 'close']) this.#request.on(event, go);
      });
    }
  }

  /** Ends the body and waits for the whole answer. */
  async finish(...chunks: Uint8Array[]): Promise<this> {
    await this.send(...chunks);
    this.#request.end();
    return this.answered;
  }

  /** Resolves as soon as what was answered so far satisfies; rejects when the answer ends before. */
  async until(satisfied: (push: this) => boolean): Promise<void> {
    while (!satisfied(this)) {
      if (this.#ended) throw new Error(`the answer ended: ${JSON.stringify(this.frames)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Breaks the connection. */
  vanish(): void {
    this.#request.destroy();
  }

  /** The frame that ended the answer. */
  get ending(): ReplyFrame {
    const endings = this.frames.filter((frame) => frame.type !== 'P');
    if (endings.length !== 1) throw new Error(`${endings.length} endings: ${this.text}`);
    return endings[0]!;
  }

  get text(): string {
    return Buffer.concat(this.body).toString();
  }

  #take(chunk: Buffer): void {
    this.body.push(chunk);
    if (this.headers['content-type'] === STREAM_MIME_TYPE) {
      this.#scanner.push(chunk);
      for (let value = this.#scanner.next(); value; value = this.#scanner.next()) {
        if (isViolation(value)) throw new Error(value.message);
        const frame = decodeReplyFrame(value);
        if (isViolation(frame)) throw new Error(frame.message);
        this.frames.push(frame);
      }
    }
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** Makes a repository of the admin; returns `admin/{slug}`. */
export async function makeRepository(
  hub: Hub,
  visibility: 'public' | 'private' = 'public',
): Promise<string> {
  const slug = `r${crypto.randomUUID().slice(0, 8)}`;
  const answer = await hub.fetch('/api/repos', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ slug, visibility }),
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  return `admin/${slug}`;
}
