import fs from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);

const FILE = /^\/_next\/static\/((?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.(js|css))$/;
const MEDIA_TYPES = { js: 'application/javascript; charset=UTF-8', css: 'text/css; charset=UTF-8' };
/** Of all scripts and styles together; a build has a fraction of it. */
const HELD_MAX_BYTES = 32 * 1024 ** 2;

/**
 * Gives scripts and styles in Brotli, a tenth smaller than what Next makes of them for each request.
 * The files of a build never change: each is compressed once, after it was asked for first, and held.
 */
export class CompressedFiles {
  readonly #held = new Map<string, Buffer | null>();
  #heldBytes = 0;

  /** `folder` holds what is at `/_next/static/`. */
  constructor(private readonly folder: string) {}

  /** Answers the request when it can; false leaves it to Next. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const [address = ''] = (request.url ?? '').split('?', 1);
    const [, file, kind] = FILE.exec(address) ?? [];
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    if (!takesBrotli(request.headers['accept-encoding'])) return false;
    const body = this.#held.get(file);
    if (!body) {
      if (body === undefined) void this.#hold(file);
      return false;
    }
    response.writeHead(200, {
      'content-type': MEDIA_TYPES[kind as 'js' | 'css'],
      'content-encoding': 'br',
      'content-length': body.byteLength,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }

  /** Compresses a file for later requests; one that cannot be read is Next's to answer. */
  async #hold(file: string): Promise<void> {
    this.#held.set(file, null);
    try {
      const bytes = await fs.readFile(path.join(this.folder, file));
      if (this.#heldBytes + bytes.byteLength > HELD_MAX_BYTES) return;
      this.#heldBytes += bytes.byteLength;
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
      };
      this.#held.set(file, await compress(bytes, { params }));
    } catch {
      this.#held.delete(file);
    }
  }
}

/** Whether an Accept-Encoding header names Brotli, and not to refuse it (RFC 9110 §12.5.3). */
export function takesBrotli(header: string | string[] | undefined): boolean {
  return [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .some((part) => /^br\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?\s*$)[\d.]+)?$/i.test(part.trim()));
}
