import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What may go wrong between a client and an HTTP server; each share is from 0 to 1. */
export interface Faults {
  /** Added before every answer. */
  latencyMs: number;
  /** Requests that are answered 500 or 503 without reaching the server. */
  errors: number;
  /** Connections that are reset: half of them before, half of them after the server did its work. */
  resets: number;
  /** Requests that are taken and never answered. */
  silences: number;
  /** Bodies of PUT with one bit turned over on their way to the server. */
  corruptions: number;
  /** Answers to GET that end after half of their bytes. */
  truncations: number;
  /** Answers to GET with one bit turned over. */
  flips: number;
}

const NONE: Faults = {
  latencyMs: 0,
  errors: 0,
  resets: 0,
  silences: 0,
  corruptions: 0,
  truncations: 0,
  flips: 0,
};

/** An HTTP proxy that does harm, as told at run time. Chance is seeded: a run can be repeated. */
export class FaultProxy {
  /** What was done, by name of the fault; `passed` for requests left alone. */
  readonly done: Record<string, number> = {};
  #faults = NONE;
  #random = 1;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #server: Server;
  readonly #target: URL;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((req, res) => {
      this.#handle(req, res).catch(() => res.destroy());
    });
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Replaces all faults; what is not named does not happen. */
  set(faults: Partial<Faults>, seed = 1): void {
    this.#faults = { ...NONE, ...faults };
    this.#random = seed;
    for (const name of Object.keys(this.done)) delete this.done[name];
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** True with the given probability; a linear congruential generator. */
  #happens(name: keyof Faults): boolean {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    const happens = this.#random / 2 ** 32 < this.#faults[name];
    if (happens) this.#count(name);
    return happens;
  }

  #count(name: string): void {
    this.done[name] = (this.done[name] ?? 0) + 1;
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (this.#faults.latencyMs > 0) await sleep(this.#faults.latencyMs);
    if (this.#happens('silences')) {
      req.resume();
      return;
    }
    if (this.#happens('errors')) {
      req.resume();
      answerWithError(res, (this.done.errors ?? 0) % 3);
      return;
    }
    const reset = this.#happens('resets');
    if (reset && (this.done.resets ?? 0) % 2 === 0) {
      req.socket.resetAndDestroy();
      return;
    }
    const answer = await this.#forward(req);
    if (reset) {
      answer.resume();
      req.socket.resetAndDestroy();
      return;
    }
    const body: Buffer[] = [];
    for await (const chunk of answer) body.push(chunk as Buffer);
    let bytes = Buffer.concat(body);
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    if (req.method === 'GET' && bytes.length > 0 && answer.statusCode! < 300) {
      if (this.#happens('truncations')) {
        res.write(bytes.subarray(0, bytes.length >> 1), () => req.socket.resetAndDestroy());
        return;
      }
      if (this.#happens('flips')) {
        bytes = Buffer.from(bytes);
        bytes[this.#random % bytes.length]! ^= 0x10;
      }
    }
    this.#count('passed');
    res.end(bytes);
  }

  #forward(req: IncomingMessage): Promise<IncomingMessage> {
    const { hostname, port } = this.#target;
    const onward = request({
      hostname,
      port,
      method: req.method,
      path: req.url,
      headers: req.headers, // `host` too: it is part of what the client signed
      agent: this.#agent,
    });
    if (req.method === 'PUT' && this.#happens('corruptions')) req.once('data', flipFirstBit);
    req.pipe(onward);
    return new Promise((resolve, reject) => {
      onward.once('response', resolve).once('error', reject);
    });
  }
}

function flipFirstBit(chunk: Buffer): void {
  chunk[0]! ^= 1;
}

/** Servers and what stands before them do not agree on what an error looks like. */
function answerWithError(res: ServerResponse, kind: number): void {
  if (kind === 0) {
    const body = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>wait</Message></Error>';
    res.writeHead(503, { 'content-type': 'application/xml' }).end(body);
  } else if (kind === 1) {
    res.writeHead(500, { 'content-type': 'text/html' }).end('<html><h1>Oops</h1><br></html>');
  } else {
    res.writeHead(503).end();
  }
}
