import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoredObjectDamaged } from '~/server/ports/object-storage';
import { S3BlobStore, type S3Options } from '~/server/storage/s3-blob-store';
import { type DamageOutcome, SegmentReader } from '~/server/storage/segment-reader';
import { SegmentWriter } from '~/server/storage/segment-writer';
import { Refusal } from '~/wire/errors';
import { describeBlobStore } from '~tests/contract/blob-store';
import { FaultProxy } from '~tests/support/fault-proxy';
import { namedS3, type S3Server, startSwift, swiftMissing } from '~tests/support/s3-server';

const named = namedS3();
if (named) {
  describeBlobStore(`S3 at ${named.endpoint}`, async () => {
    const prefix = `musehub-tests/${randomUUID()}/`;
    const store = new S3BlobStore({ ...named, prefix, createBucket: true });
    await store.check();
    const stop = async () => {
      for await (const { key } of store.list('')) await store.delete([key]);
    };
    return { store, refusesTakenKeys: process.env.TEST_S3_CONDITIONS === '1', stop };
  });
}

const missing = swiftMissing();
if (missing) console.warn(`skipped: S3 blob store over Swift: ${missing}`);

describe.skipIf(missing)('S3 blob store over OpenStack Swift', () => {
  let swift: S3Server;
  beforeAll(async () => {
    swift = await startSwift();
  });
  afterAll(() => swift?.stop());

  const optionsOf = (more: Partial<S3Options> = {}): S3Options => ({
    ...swift,
    bucket: 'musehub',
    createBucket: true,
    ...more,
  });

  describeBlobStore('S3 (OpenStack Swift)', async () => {
    const store = new S3BlobStore(optionsOf({ prefix: 'contract/' }));
    await store.check();
    return { store, refusesTakenKeys: false };
  });

  describe('start', () => {
    it('makes the bucket only when it may', async () => {
      const bucket = `new-${randomUUID()}`;
      const shy = new S3BlobStore(optionsOf({ bucket, createBucket: false }));
      await expect(shy.check()).rejects.toThrow(/bucket new-.* cannot be used: NoSuchBucket/);
      const bold = new S3BlobStore(optionsOf({ bucket }));
      await bold.check();
      await bold.check();
      await shy.check();
      await Promise.all([shy.close(), bold.close()]);
    });

    it('says in one sentence what is wrong with keys, addresses and names', async () => {
      for (const [wrong, sentence] of [
        [{ secretAccessKey: 'other' }, /cannot be used: SignatureDoesNotMatch/],
        [{ endpoint: 'http://127.0.0.1:1' }, /cannot be used: ECONNREFUSED/],
      ] as const) {
        const store = new S3BlobStore(optionsOf({ ...wrong, retries: { budgetMs: 200 } }));
        await expect(store.check()).rejects.toThrow(sentence);
        await store.close();
      }
    });

    it('keeps to its prefix', async () => {
      const [one, two] = ['a/', 'b/'].map((prefix) => new S3BlobStore(optionsOf({ prefix }))) as [
        S3BlobStore,
        S3BlobStore,
      ];
      await one.check();
      await one.put('segments/x', [Buffer.from('of a')]);
      await two.put('segments/x', [Buffer.from('of b')]);
      const keys: string[] = [];
      for await (const { key } of two.list('segments/')) keys.push(key);
      expect(keys).toEqual(['segments/x']);
      expect(String(await one.read('segments/x', 0, 4))).toBe('of a');
      await Promise.all([one.close(), two.close()]);
    });

    it('lists and deletes more than one page holds', async () => {
      const store = new S3BlobStore(optionsOf({ prefix: 'pages/', pageKeys: 7 }));
      await store.check();
      const keys = Array.from({ length: 40 }, (_, i) => `segments/r/${i}`);
      await Promise.all(keys.map((key) => store.put(key, [])));
      const found: string[] = [];
      for await (const { key } of store.list('segments/')) found.push(key);
      expect(found.sort()).toEqual(keys.sort());
      await store.delete(keys);
      for await (const { key } of store.list('segments/')) expect.unreachable(key);
      await store.close();
    });
  });

  describe('behind a network that does harm', () => {
    let proxy: FaultProxy;
    let store: S3BlobStore;
    const troubles: { operation: string; final: boolean; error: unknown }[] = [];
    const key = () => `segments/${randomUUID()}`;

    beforeAll(async () => {
      proxy = await FaultProxy.start(swift.endpoint);
      store = new S3BlobStore(
        optionsOf({
          endpoint: proxy.endpoint,
          prefix: 'faults/',
          retries: { pauseMs: 5, pauseMaxMs: 50 },
          onTrouble: (trouble) => troubles.push(trouble),
        }),
      );
      await store.check();
    });
    afterAll(async () => {
      await store?.close();
      await proxy?.stop();
    });
    beforeEach(() => {
      proxy.set({});
      troubles.length = 0;
    });

    const outcomeOf = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => 'done',
        (e: unknown) => e,
      );
      return Refusal.is(error) ? error.code : error;
    };

    it('stores and reads everything while 30 % of all requests fail', async () => {
      proxy.set({ errors: 0.2, resets: 0.1 });
      const blobs = Array.from({ length: 60 }, () => ({ at: key(), bytes: randomBytes(20_000) }));
      await Promise.all(blobs.map(({ at, bytes }) => store.put(at, [bytes])));
      for (const { at, bytes } of blobs) {
        expect((await store.read(at, 0, bytes.length)).equals(bytes)).toBe(true);
      }
      expect(proxy.done.errors).toBeGreaterThan(10);
      expect(proxy.done.resets).toBeGreaterThan(5);
      expect(troubles.every(({ final }) => !final)).toBe(true);
      expect(troubles.length).toBeGreaterThan(15);
    });

    it('refuses with storage-unavailable within its time when every request fails', async () => {
      const at = key();
      await store.put(at, [Buffer.from('kept')]);
      for (const faults of [{ errors: 1 }, { resets: 1 }, { silences: 1 }]) {
        const impatient = new S3BlobStore(
          optionsOf({
            endpoint: proxy.endpoint,
            prefix: 'faults/',
            retries: { pauseMs: 5, pauseMaxMs: 50, budgetMs: 400, stallMs: 200 },
          }),
        );
        proxy.set(faults);
        const begun = performance.now();
        expect(await outcomeOf(impatient.put(key(), [Buffer.from('x')]))).toBe(
          'storage-unavailable',
        );
        expect(await outcomeOf(impatient.read(at, 0, 4))).toBe('storage-unavailable');
        expect(await outcomeOf(impatient.delete([key()]))).toBe('storage-unavailable');
        await expect(impatient.check()).rejects.toThrow('cannot be used');
        expect(performance.now() - begun).toBeLessThan(4 * 600 + 2_000);
        proxy.set({});
        expect(String(await impatient.read(at, 0, 4))).toBe('kept');
        await impatient.close();
      }
    });

    it('gives a slow store the time it needs', async () => {
      proxy.set({ latencyMs: 300 });
      const at = key();
      await store.put(at, [randomBytes(100_000)]);
      expect((await store.read(at, 0, 100_000)).byteLength).toBe(100_000);
      expect(troubles).toEqual([]);
    });

    it('reads again what came cut off, and never gives a part for the whole', async () => {
      const at = key();
      const bytes = randomBytes(300_000);
      await store.put(at, [bytes]);
      proxy.set({ truncations: 0.5 });
      for (let i = 0; i < 20; i += 1) {
        expect((await store.read(at, i, 290_000)).equals(bytes.subarray(i, i + 290_000))).toBe(
          true,
        );
      }
      expect(proxy.done.truncations).toBeGreaterThan(4);
    });

    it('stores what was sent, whatever became of the first tries on their way', async () => {
      proxy.set({ corruptions: 0.5 });
      const blobs = Array.from({ length: 16 }, () => ({ at: key(), bytes: randomBytes(30_000) }));
      await Promise.all(blobs.map(({ at, bytes }) => store.put(at, [bytes])));
      expect(proxy.done.corruptions).toBeGreaterThan(4);
      for (const { at, bytes } of blobs) {
        expect((await store.read(at, 0, bytes.length)).equals(bytes)).toBe(true);
      }
    });

    it('stops at once for a caller that gives up, and leaves nothing waiting', async () => {
      proxy.set({ silences: 1 });
      const stop = new AbortController();
      const works = [
        store.put(key(), [randomBytes(10)], { signal: stop.signal }),
        store.read(key(), 0, 10, { signal: stop.signal }),
      ];
      const begun = performance.now();
      setTimeout(() => stop.abort(new Error('given up')), 50);
      for (const work of works) await expect(work).rejects.toThrow('given up');
      expect(performance.now() - begun).toBeLessThan(1_500);
    });

    it('carries a push of many objects through, and wrong bytes never reach a reader', async () => {
      const repoId = randomUUID();
      proxy.set({ errors: 0.2, resets: 0.1 });
      const limits = {
        batchObjects: 64,
        batchBytes: 256 * 1024,
        putsInFlight: 100,
        bytesInFlight: 2 ** 26,
      };
      const writer = new SegmentWriter({ repoId, blobs: store, uuid: randomUUID, limits });
      const contents = Array.from({ length: 400 }, (_, i) => randomBytes(1_000 + i));
      contents.push(randomBytes(1_000_000));
      const idOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
      for (const bytes of contents) {
        const facts = {
          id: idOf(bytes),
          size: bytes.length,
          encoding: 'raw',
          polyglot: '',
        } as const;
        await writer.add({ ...facts, parts: [bytes], storedBytes: bytes.length });
      }
      const { objects } = await writer.finish();
      const located = [...objects.batches()]
        .flat()
        .map(({ id, ...location }) => ({ id, location }));

      const alarms: [StoredObjectDamaged, DamageOutcome][] = [];
      const reader = new SegmentReader({
        blobs: store,
        onDamage: (...alarm) => alarms.push(alarm),
      });
      const readAll = async () => {
        let right = 0;
        for await (const { object, content } of reader.readObjects(repoId, located)) {
          expect(idOf(content!)).toBe(object.id);
          right += 1;
        }
        return right;
      };
      proxy.set({ flips: 0.2, truncations: 0.2 }, 7);
      let damaged = 0;
      for (let round = 0; round < 5; round += 1) {
        const result = await readAll().catch((error: unknown) => error);
        if (result instanceof StoredObjectDamaged) damaged += 1;
        else expect(result).toBe(contents.length);
      }
      expect(proxy.done.flips).toBeGreaterThan(3);
      expect(alarms.length).toBeGreaterThan(0);
      expect(alarms.filter(([, outcome]) => outcome === 'lost')).toHaveLength(damaged);
      proxy.set({ flips: 1 });
      await expect(readAll()).rejects.toBeInstanceOf(StoredObjectDamaged);
      proxy.set({});
      expect(await readAll()).toBe(contents.length);
    });
  });
});
