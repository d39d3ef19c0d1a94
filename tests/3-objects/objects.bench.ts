import { deflateSync } from 'node:zlib';
import { bench, describe } from 'vitest';
import { type Id, objectIdOf, sha256 } from '~/muse/ids';
import { ManifestTree } from '~/muse/manifest-tree';
import { decodeObject } from '~/muse/object-decoder';
import { isProblem, type Problem } from '~/muse/problem';

/** What a push costs in this room: `npx vitest bench tests/3-objects`. */

const FILES = 2_000;
const VERSIONS = 100;

function good<T>(result: T | Problem): T {
  if (isProblem(result)) throw new Error(result.code);
  return result;
}

/** Versions of 2,000 files that change three files each, as a push of so many commits does. */
function versions(pathOf: (i: number) => string): () => void {
  const files = Array.from({ length: FILES }, (_, i): [string, Id] => [pathOf(i), sha256(`${i}`)]);
  const first = good(ManifestTree.build(files));
  return () => {
    let tree = first;
    const seen = new Set<Id>();
    for (let version = 0; version < VERSIONS; version++) {
      const add = [0, 611, 1_222].map((step): [string, Id] => [
        pathOf((version * 7 + step) % FILES),
        sha256(`${version} ${step}`),
      ]);
      tree = good(tree.apply({ add, remove: [] }));
      for (const { id } of tree.newTrees((treeId) => seen.has(treeId))) seen.add(id);
      tree.snapshotId();
    }
  };
}

describe(`${VERSIONS} versions of ${FILES} files, three changes each`, () => {
  bench(
    'in about 100 directories',
    versions((i) => `m${i % 10}/p${((i / 10) % 10) | 0}/file-${i}.ts`),
  );
  bench(
    'in one directory',
    versions((i) => `file-number-${i}.ts`),
  );
});

describe('1,000 objects of 2 KB, decoded, hashed and looked at', () => {
  const contents = Array.from({ length: 1_000 }, (_, i) =>
    Buffer.from(`file ${i}\n${'export const x = 1; // some text\n'.repeat(60)}`),
  );
  for (const encoding of ['raw', 'zlib'] as const) {
    const objects = contents.map((content) => ({
      id: objectIdOf(content),
      size: content.length,
      encoding,
      data: encoding === 'raw' ? content : deflateSync(content),
    }));
    bench(encoding, () => {
      for (const object of objects) good(decodeObject(object));
    });
  }
});
