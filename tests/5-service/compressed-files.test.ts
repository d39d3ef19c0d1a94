import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompressedFiles, takesCoding } from '~/server/start/compressed-files';
import { tempFolder } from '~tests/support/muse-fixtures';
import { compressFiles } from '../../tools/compress-files.mjs';

const TEXT = 'export const a = 1;\n'.repeat(500);
let server: http.Server;
let port: number;

beforeAll(async () => {
  const folder = tempFolder();
  fs.mkdirSync(path.join(folder, 'chunks'));
  fs.writeFileSync(path.join(folder, 'chunks/a-1.js'), TEXT);
  fs.writeFileSync(path.join(folder, '.secret.js'), TEXT);
  await compressFiles(folder);
  fs.writeFileSync(path.join(folder, 'chunks/late.js'), TEXT);
  const files = new CompressedFiles(folder);
  server = http.createServer(async (request, response) => {
    if (!(await files.answer(request, response))) response.end('next');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

async function ask(address: string, encoding = 'gzip, deflate, br', method = 'GET') {
  const headers = { 'accept-encoding': encoding };
  const request = http.request({ port, host: '127.0.0.1', path: address, headers, method }).end();
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { headers: answer.headers, body: Buffer.concat(parts) };
}

const FILE = '/_next/static/chunks/a-1.js';

describe('scripts and styles', () => {
  it('come in Brotli at once, for who takes it', async () => {
    const { headers, body } = await ask(FILE);
    expect(headers['content-encoding']).toBe('br');
    expect(headers['content-type']).toMatch(/^application\/javascript/);
    expect(headers['cache-control']).toMatch(/immutable/);
    expect(headers.vary).toBe('Accept-Encoding');
    expect(brotliDecompressSync(body).toString()).toBe(TEXT);
    expect((await ask(`${FILE}?v=1`)).headers['content-encoding']).toBe('br');
    const head = await ask(FILE, 'br', 'HEAD');
    expect(head.headers['content-encoding']).toBe('br');
    expect(head.body).toHaveLength(0);
    expect((await ask(FILE, 'br', 'POST')).body.toString()).toBe('next');
  });

  it('come in gzip for who takes only that', async () => {
    const { headers, body } = await ask(FILE, 'br;q=0, gzip');
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(body).toString()).toBe(TEXT);
    expect((await ask(FILE, 'identity')).body.toString()).toBe('next');
  });

  it('are left to Next when the build did not compress them, and nothing else is given', async () => {
    const others = ['/chunks/late.js', '/chunks/none.js', '/.secret.js', '/../a.js', '/a.txt', '/'];
    for (const other of [...others, '/%2e%2e/a.js', '/chunks/a-1.js.br']) {
      for (let time = 0; time < 2; time++) {
        expect((await ask(`/_next/static${other}`)).body.toString(), other).toBe('next');
      }
    }
    expect((await ask('/')).body.toString()).toBe('next');
  });
});

describe('a header that names encodings', () => {
  it('takes a coding when it names it and does not refuse it', () => {
    const brotli = (header: string | undefined) => takesCoding(header, 'br');
    expect(['br', 'gzip, br', 'BR;q=0.5', 'gzip;q=1, br ; q=0.1'].map(brotli)).toEqual([
      ...[true, true, true, true],
    ]);
    expect([undefined, '', 'gzip', 'br;q=0', 'br;q=0.0', 'brotli'].map(brotli)).toEqual([
      ...[false, false, false, false, false, false],
    ]);
    expect(takesCoding('deflate, gzip;q=0.3', 'gzip')).toBe(true);
  });
});
