import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobMissing, type BlobStore } from '~/server/ports/blob-store';

interface Subject {
  store: BlobStore;
  /** Whether it can tell that a key is taken; every store but some S3 servers can. */
  refusesTakenKeys: boolean;
  stop?: () => Promise<void>;
}

/** The promises of `BlobStore`, each once; every store passes all of them. */
export function describeBlobStore(name: string, make: () => Promise<Subject>): void {
  describe(`blob store contract: ${name}`, () => {
    let subject: Subject;
    let store: BlobStore;
    const key = () => `segments/${randomUUID()}/${randomUUID()}`;

    beforeAll(async () => {
      subject = await make();
      store = subject.store;
    });
    afterAll(async () => {
      await subject?.store.close();
      await subject?.stop?.();
    });

    it('gives back the joined parts of a put', async () => {
      const at = key();
      await store.put(at, [Buffer.from('ab'), new Uint8Array(0), Buffer.from('cde')]);
      expect((await store.read(at, 0, 5)).toString()).toBe('abcde');
    });

    it('gives back exactly the range asked for', async () => {
      const at = key();
      await store.put(at, [Buffer.from('0123456789')]);
      expect((await store.read(at, 3, 4)).toString()).toBe('3456');
      expect((await store.read(at, 9, 1)).toString()).toBe('9');
      expect((await store.read(at, 10, 0)).byteLength).toBe(0);
    });

    it('keeps an empty blob', async () => {
      const at = key();
      await store.put(at, []);
      expect((await store.read(at, 0, 0)).byteLength).toBe(0);
      expect(await listed(store, at)).toEqual([[at, 0]]);
    });

    it('keeps several MiB in many parts, byte for byte', async () => {
      const at = key();
      const whole = randomBytes(9 * 1024 ** 2 + 17);
      const parts: Uint8Array[] = [];
      for (let cut = 0; cut < whole.byteLength; cut += 6_007) {
        parts.push(whole.subarray(cut, cut + 6_007));
      }
      await store.put(at, parts);
      expect((await store.read(at, 0, whole.byteLength)).equals(whole)).toBe(true);
      const middle = await store.read(at, 5_000_001, 65_537);
      expect(middle.equals(whole.subarray(5_000_001, 5_065_538))).toBe(true);
    });

    it('rejects with BlobMissing when there is no such blob', async () => {
      const at = key();
      await expect(store.read(at, 0, 1)).rejects.toBeInstanceOf(BlobMissing);
      await expect(store.read(at, 0, 0)).rejects.toBeInstanceOf(BlobMissing);
    });

    it('rejects with BlobMissing when the blob is shorter than asked for', async () => {
      const at = key();
      await store.put(at, [Buffer.from('abc')]);
      for (const [offset, length] of [
        [0, 4],
        [2, 2],
        [3, 1],
        [100, 5],
      ] as const) {
        await expect(store.read(at, offset, length)).rejects.toBeInstanceOf(BlobMissing);
      }
    });

    it('never changes the bytes under a key where it can tell that the key is taken', async (test) => {
      if (!subject.refusesTakenKeys) {
        return test.skip(`${name} cannot tell that a key is taken; keys are fresh random UUIDs`);
      }
      const at = key();
      await store.put(at, [Buffer.from('first')]);
      await expect(store.put(at, [Buffer.from('other')])).rejects.toThrow(/exists/);
      expect((await store.read(at, 0, 5)).toString()).toBe('first');
    });

    it('forgets a deleted blob, and a key that is not there is no error', async () => {
      const [gone, kept, never] = [key(), key(), key()];
      await store.put(gone, [Buffer.from('x')]);
      await store.put(kept, [Buffer.from('y')]);
      await store.read(gone, 0, 1);
      await store.delete([gone, never]);
      await expect(store.read(gone, 0, 1)).rejects.toBeInstanceOf(BlobMissing);
      expect((await store.read(kept, 0, 1)).toString()).toBe('y');
      await store.delete([]);
    });

    it('lists what is under a prefix and nothing else, with sizes and times', async () => {
      const folder = `segments/${randomUUID()}`;
      const begun = Date.now();
      await store.put(`${folder}/one`, [Buffer.from('1')]);
      await store.put(`${folder}/two`, [Buffer.from('22')]);
      await store.put(`${folder}-other/three`, [Buffer.from('333')]);
      expect(await listed(store, `${folder}/`)).toEqual([
        [`${folder}/one`, 1],
        [`${folder}/two`, 2],
      ]);
      expect(await listed(store, `${folder}/t`)).toEqual([[`${folder}/two`, 2]]);
      expect(await listed(store, folder)).toHaveLength(3);
      expect(await listed(store, 'segments/none/')).toEqual([]);
      for await (const { modifiedAt } of store.list(`${folder}/`)) {
        expect(modifiedAt.getTime()).toBeGreaterThan(begun - 120_000);
        expect(modifiedAt.getTime()).toBeLessThan(Date.now() + 120_000);
      }
    });

    it('takes many puts at once', async () => {
      const folder = `segments/${randomUUID()}`;
      const many = Array.from({ length: 60 }, (_, i) => `${folder}/${i}`);
      await Promise.all(many.map((at) => store.put(at, [Buffer.from(at)])));
      const found = await Promise.all(many.map((at) => store.read(at, 0, at.length)));
      expect(found.map(String)).toEqual(many);
      expect(await listed(store, `${folder}/`)).toHaveLength(60);
    });

    it('refuses a key that could leave its place', async () => {
      for (const bad of [
        '../x',
        'a/../b',
        '/a',
        'a//b',
        'a/',
        '',
        'A',
        'a b',
        '.x',
        'tmp/x',
        'é',
      ]) {
        await expect(store.put(bad, [Buffer.from('x')]), bad).rejects.toThrow(TypeError);
        await expect(store.read(bad, 0, 1), bad).rejects.toThrow(TypeError);
        await expect(store.delete([bad]), bad).rejects.toThrow(TypeError);
      }
    });

    it('stores and reads nothing for a caller that has given up', async () => {
      const at = key();
      const signal = AbortSignal.abort(new Error('given up'));
      await expect(store.put(at, [Buffer.from('x')], { signal })).rejects.toThrow('given up');
      expect(await listed(store, at)).toEqual([]);
      await store.put(at, [Buffer.from('x')]);
      await expect(store.read(at, 0, 1, { signal })).rejects.toThrow('given up');
    });

    it('says that it can be written and read, and leaves nothing behind', async () => {
      await store.check();
      expect(await store.removeLeftovers(new Date(Date.now() + 3_600_000))).toBe(0);
      expect(await listed(store, 'check/')).toEqual([]);
    });
  });
}

async function listed(store: BlobStore, prefix: string): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for await (const { key, bytes } of store.list(prefix)) found.push([key, bytes]);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
