import fs from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';

const FILE = /^\/_next\/static\/((?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.(js|css))$/;
const MEDIA_TYPES = { js: 'application/javascript; charset=UTF-8', css: 'text/css; charset=UTF-8' };
/** The best first; each with what the build adds to a file's name. */
const ENCODINGS = [
  { coding: 'br', ending: 'br' },
  { coding: 'gzip', ending: 'gz' },
] as const;
/** Of all scripts and styles together; a build has a fraction of it. */
const HELD_MAX_BYTES = 32 * 1024 ** 2;

/**
 * Gives scripts and styles as the build compressed them (tools/compress-files.mjs), in Brotli or
 * else in gzip. The files of a build never change: each is read once and held.
 */
export class CompressedFiles {
  /** By name; null where there is none. */
  readonly #held = new Map<string, Promise<Buffer | null>>();
  #heldBytes = 0;

  /** `folder` holds what is at `/_next/static/`. */
  constructor(private readonly folder: string) {}

  /** Answers the request when it can; false leaves it to Next. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [address = ''] = (request.url ?? '').split('?', 1);
    const [, file, kind] = FILE.exec(address) ?? [];
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    const accepted = request.headers['accept-encoding'];
    for (const { coding, ending } of ENCODINGS) {
      if (!takesCoding(accepted, coding)) continue;
      const body = await this.#read(`${file}.${ending}`);
      if (!body) continue;
      response.setHeader('content-type', MEDIA_TYPES[kind as 'js' | 'css']);
      response.writeHead(200, {
        'content-encoding': coding,
        'content-length': body.byteLength,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      });
      response.end(request.method === 'HEAD' ? undefined : body);
      return true;
    }
    return false;
  }

  #read(name: string): Promise<Buffer | null> {
    const held = this.#held.get(name);
    if (held) return held;
    const reading = fs.readFile(path.join(this.folder, name)).then(
      (bytes) => {
        this.#heldBytes += bytes.byteLength;
        if (this.#heldBytes > HELD_MAX_BYTES) this.#forget(name, bytes.byteLength);
        return bytes;
      },
      () => {
        this.#held.delete(name); // names are anyone's to make up: what is not there is not held
        return null;
      },
    );
    this.#held.set(name, reading);
    return reading;
  }

  #forget(name: string, bytes: number): void {
    this.#held.delete(name);
    this.#heldBytes -= bytes;
  }
}

/** Whether an Accept-Encoding header names a coding, and not to refuse it (RFC 9110 §12.5.3). */
export function takesCoding(header: string | string[] | undefined, coding: 'br' | 'gzip'): boolean {
  return [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim().split(/\s*;\s*/))
    .some(
      ([name = '', ...parameters]) =>
        name.toLowerCase() === coding &&
        !parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/i.test(parameter)),
    );
}
