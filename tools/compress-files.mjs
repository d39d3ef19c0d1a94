// Compresses the scripts and styles of a build as far as can be, once and for all requests.
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const inBrotli = promisify(brotliCompress);
const inGzip = promisify(gzip);

/** Beside each script and style of `folder`, at any depth, lays itself in Brotli (`.br`) and in gzip (`.gz`). */
export async function compressFiles(folder) {
  const names = await fs.readdir(folder, { recursive: true });
  // zlib compresses in threads, several files at a time.
  await Promise.all(
    names
      .filter((name) => /\.(?:js|css)$/.test(name))
      .map(async (name) => {
        const file = path.join(folder, name);
        const bytes = await fs.readFile(file);
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
        };
        await fs.writeFile(`${file}.br`, await inBrotli(bytes, { params }));
        await fs.writeFile(`${file}.gz`, await inGzip(bytes, { level: 9 }));
      }),
  );
}
