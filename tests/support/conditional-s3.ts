import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The little of S3 that OpenStack Swift lacks: puts that are refused when the key is taken. Keeps
 * bytes in memory, looks at no signature. `loseAnswers` puts are done but their answers never come.
 */
export class ConditionalS3 {
  readonly objects = new Map<string, Buffer>();
  loseAnswers = 0;
  /** The ETag answered for stored bytes; other stores have ETags that are no MD5. */
  etagOf: (bytes: Buffer) => string = (bytes) => createHash('md5').update(bytes).digest('hex');
  /** Further headers of the answer to a put. */
  putHeaders: Record<string, string> = {};
  /** Set to answer every request with this status and code. */
  refuseAll: { status: number; code: string } | null = null;
  readonly #server: Server = createServer((req, res) => {
    this.#handle(req, res).catch(() => res.destroy());
  });

  static async start(): Promise<ConditionalS3> {
    const s3 = new ConditionalS3();
    s3.#server.listen(0, '127.0.0.1');
    await once(s3.#server, 'listening');
    return s3;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = new URL(req.url!, this.endpoint).pathname;
    const body: Buffer[] = [];
    for await (const chunk of req) body.push(chunk as Buffer);
    if (this.refuseAll) return refuse(res, this.refuseAll.status, this.refuseAll.code);
    const stored = this.objects.get(path);
    if (req.method !== 'PUT') {
      if (!stored) return refuse(res, 404, 'NoSuchKey');
      res.writeHead(200, { etag: `"${this.etagOf(stored)}"`, 'content-length': stored.length });
      res.end(req.method === 'HEAD' ? undefined : stored);
      return;
    }
    if (stored && req.headers['if-none-match'] === '*') {
      return refuse(res, 412, 'PreconditionFailed');
    }
    const bytes = Buffer.concat(body);
    this.objects.set(path, bytes);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      req.socket.resetAndDestroy();
      return;
    }
    res.writeHead(200, { etag: `"${this.etagOf(bytes)}"`, ...this.putHeaders }).end();
  }
}

function refuse(res: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  res.writeHead(status, { 'content-type': 'application/xml' }).end(body);
}
