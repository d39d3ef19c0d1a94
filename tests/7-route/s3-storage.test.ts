import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3BlobStore } from '~/server/storage/s3-blob-store';
import { FaultProxy } from '~tests/support/fault-proxy';
import { type Hub, startHub } from '~tests/support/hub';
import { commitOf, framesOf } from '~tests/support/push-script';
import { makeRepository, RawPush } from '~tests/support/raw-push';
import { type S3Server, startSwift, swiftMissing } from '~tests/support/s3-server';

const missing = swiftMissing();
if (missing) console.warn(`skipped: a hub with MUSEHUB_STORAGE=s3: ${missing}`);

describe.skipIf(missing)('a hub with MUSEHUB_STORAGE=s3', () => {
  let swift: S3Server;
  let proxy: FaultProxy;
  let hub: Hub;

  beforeAll(async () => {
    swift = await startSwift();
    proxy = await FaultProxy.start(swift.endpoint);
    hub = await startHub({
      env: {
        MUSEHUB_STORAGE: 's3',
        S3_ENDPOINT: proxy.endpoint,
        S3_BUCKET: 'hub',
        S3_REGION: swift.region,
        S3_ACCESS_KEY_ID: swift.accessKeyId,
        S3_SECRET_ACCESS_KEY: swift.secretAccessKey,
      },
    });
  });
  afterAll(async () => {
    await hub?.dispose();
    await proxy?.stop();
    await swift?.stop();
  });

  const heads = async (repository: string) =>
    (await (await hub.fetch(`/${repository}/refs`)).json()).branch_heads;

  it('keeps what is pushed in the bucket and gives it back, also after kill -9', async () => {
    const repository = await makeRepository(hub);
    const files: Record<string, Buffer> = { small: Buffer.from('hello\n'), empty: Buffer.alloc(0) };
    for (let n = 0; n < 150; n += 1) files[`many-${n}`] = randomBytes(500);
    files.large = randomBytes(20 * 1024 ** 2);
    const commit = commitOf({ files });
    const push = await new RawPush(hub, repository).finish(...framesOf({ commits: [commit] }));
    expect(push.ending).toMatchObject({ type: 'R', kind: 'create', objectsNew: 153 });
    await hub.kill();
    await hub.start();
    expect(await heads(repository)).toEqual({ main: commit.id });
    for (const [id, content] of commit.objects) {
      const answer = await hub.fetch(`/${repository}/o/${id}`);
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(content))).toBe(true);
    }
    expect(existsSync(join(hub.dataFolder, 'objects'))).toBe(false);
    const store = new S3BlobStore({ ...swift, bucket: 'hub' });
    let stored = 0;
    for await (const { bytes } of store.list('segments/')) stored += bytes;
    expect(stored).toBe(150 * 500 + 6 + 20 * 1024 ** 2);
    await store.close();
  });

  it('does not start over a bucket that it may not use, and says why', async () => {
    const wrong = startHub({
      env: {
        MUSEHUB_STORAGE: 's3',
        S3_ENDPOINT: swift.endpoint,
        S3_BUCKET: 'hub',
        S3_ACCESS_KEY_ID: swift.accessKeyId,
        S3_SECRET_ACCESS_KEY: 'not-this-one',
      },
    });
    await expect(wrong).rejects.toThrow(
      /The object storage does not work: the bucket hub at http\S+ cannot be used: SignatureDoesNotMatch/,
    );
  });

  it('answers storage-unavailable within 30 s when the bucket does not, and works again after', async () => {
    const repository = await makeRepository(hub);
    const commit = commitOf({ files: { 'README.md': `hello ${Math.random()}\n` } });
    proxy.set({ errors: 1 });
    const begun = performance.now();
    const push = await new RawPush(hub, repository).finish(...framesOf({ commits: [commit] }));
    expect(push.ending).toMatchObject({ type: 'X', code: 'storage-unavailable', retryable: true });
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(await heads(repository)).toEqual({});
    expect((await hub.fetch('/ready')).status).toBe(503);
    proxy.set({});
    const again = await new RawPush(hub, repository).finish(...framesOf({ commits: [commit] }));
    expect(again.ending).toMatchObject({ type: 'R', kind: 'create' });
    expect((await hub.fetch('/ready')).status).toBe(200);
  });
});
