import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '~tests/support/hub';
import { wallMs } from './measure';
import { startServer, stopServer } from './processes';

const benchFolder = import.meta.dirname;

/** What the same bytes cost when almost nothing is done with them; ms. */
export interface Floors {
  /** Sent to a bare HTTP server that only hashes. */
  http: number;
  /** Copied into one file that is synced. */
  disk: number;
}

/** The start and end of a Node process that does nothing. */
export function emptyNodeMs(): Promise<number> {
  return wallMs({ argv: [process.execPath, '-e', '0'] });
}

export class FloorBench {
  readonly #server: Awaited<ReturnType<typeof startServer>>;
  readonly #url: string;

  private constructor(server: Awaited<ReturnType<typeof startServer>>, url: string) {
    this.#server = server;
    this.#url = url;
  }

  static async start(): Promise<FloorBench> {
    const port = await freePort();
    const argv = [process.execPath, path.join(benchFolder, 'hash-server.mjs'), String(port)];
    return new FloorBench(await startServer({ argv }, 'ready'), `http://127.0.0.1:${port}/`);
  }

  async measure(body: string): Promise<Floors> {
    const program = (name: string, ...args: string[]) => ({
      argv: [process.execPath, path.join(benchFolder, name), ...args],
    });
    const http = await wallMs(program('post-body.mjs', this.#url, body));
    const copy = `${body}.copy`;
    const disk = await wallMs(program('write-and-sync.mjs', body, copy));
    fs.rmSync(copy);
    return { http, disk };
  }

  stop(): Promise<void> {
    return stopServer(this.#server);
  }
}
