import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What `request-clock.mjs` wrote. */
export interface Requests {
  count: number;
  /** Sum over the requests; ms. */
  ms: number;
  /** Bytes on the wire, heads of HTTP included. */
  received: number;
  sent: number;
}

const QUIET_WITHIN_MS = 10_000;

/** Follows the log of a server's requests. */
export class RequestLog {
  #at = 0;
  #rest = '';

  constructor(readonly file: string) {
    fs.writeFileSync(file, '');
  }

  /** The requests since the last call, once every connection of them is closed. */
  async take(): Promise<Requests> {
    const sum: Requests = { count: 0, ms: 0, received: 0, sent: 0 };
    let open = 0;
    const until = Date.now() + QUIET_WITHIN_MS;
    for (;;) {
      for (const line of this.#newLines()) {
        const { at, ms, received, sent } = JSON.parse(line);
        if (at === 'open') open += 1;
        else if (at === 'request') {
          sum.count += 1;
          sum.ms += ms;
        } else {
          open -= 1;
          sum.received += received;
          sum.sent += sent;
        }
      }
      if (open === 0) return sum;
      if (Date.now() > until) throw new Error(`${open} connections stay open`);
      await delay(2);
    }
  }

  #newLines(): string[] {
    const { size } = fs.statSync(this.file);
    const bytes = Buffer.alloc(size - this.#at);
    const fd = fs.openSync(this.file, 'r');
    fs.readSync(fd, bytes, 0, bytes.length, this.#at);
    fs.closeSync(fd);
    this.#at = size;
    const lines = (this.#rest + bytes.toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
