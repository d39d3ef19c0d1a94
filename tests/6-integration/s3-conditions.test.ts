import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3BlobStore } from '~/server/storage/s3-blob-store';
import { Refusal } from '~/wire/errors';
import { ConditionalS3 } from '~tests/support/conditional-s3';

describe('S3 blob store over a server that knows conditions', () => {
  let s3: ConditionalS3;
  let store: S3BlobStore;
  let troubles: { final: boolean; attempt: number }[];

  beforeAll(async () => {
    s3 = await ConditionalS3.start();
    store = new S3BlobStore({
      endpoint: s3.endpoint,
      bucket: 'b',
      region: 'us-east-1',
      accessKeyId: 'k',
      secretAccessKey: 's',
      retries: { pauseMs: 2, pauseMaxMs: 10, budgetMs: 500 },
      onTrouble: (trouble) => troubles.push(trouble),
    });
  });
  afterAll(async () => {
    await store.close();
    await s3.stop();
  });
  beforeEach(() => {
    troubles = [];
    s3.objects.clear();
    s3.refuseAll = null;
    s3.putHeaders = {};
  });

  it('refuses a key that is taken and leaves its bytes alone', async () => {
    await store.put('segments/one', [Buffer.from('first')]);
    const again = store.put('segments/one', [Buffer.from('other')]);
    await expect(again).rejects.toThrow(/exists already and is not overwritten/);
    await expect(again).rejects.not.toSatisfy(Refusal.is);
    expect(String(s3.objects.get('/b/segments/one'))).toBe('first');
  });

  it('knows its own bytes again when the answer to the first try was lost', async () => {
    s3.loseAnswers = 2;
    await store.put('segments/one', [Buffer.from('fir'), Buffer.from('st')]);
    expect(String(s3.objects.get('/b/segments/one'))).toBe('first');
    expect(troubles.map(({ final }) => final)).toEqual([false]);
    s3.loseAnswers = 0;
  });

  it('notices a store that says it has other bytes than were sent', async () => {
    const { etagOf } = s3;
    s3.etagOf = () => '0123456789abcdef0123456789abcdef';
    const put = store.put('segments/one', [Buffer.from('first')]);
    await expect(put).rejects.toMatchObject({ code: 'storage-unavailable' });
    // With a KMS key, ETags look like an MD5 and are none.
    s3.putHeaders = { 'x-amz-server-side-encryption': 'aws:kms' };
    await store.put('segments/two', [Buffer.from('first')]);
    s3.etagOf = () => 'not-an-md5-at-all-1';
    s3.putHeaders = {};
    await store.put('segments/three', [Buffer.from('first')]);
    s3.etagOf = etagOf;
  });

  it.each([
    [507, 'InsufficientStorage', 'storage-full'],
    [403, 'QuotaExceeded', 'storage-full'],
    [400, 'XMinioStorageFull', 'storage-full'],
    [403, 'AccessDenied', 'storage-unavailable'],
    [404, 'NoSuchBucket', 'storage-unavailable'],
    [301, 'PermanentRedirect', 'storage-unavailable'],
  ])('answers %i %s with %s, at once', async (status, code, expected) => {
    s3.refuseAll = { status, code };
    const put = store.put('segments/one', [Buffer.from('first')]);
    await expect(put).rejects.toMatchObject({ code: expected });
    expect(troubles).toMatchObject([{ final: true, attempt: 1 }]);
    s3.refuseAll = null;
    await store.put('segments/one', [Buffer.from('first')]);
  });

  it.each([
    [500, 'InternalError'],
    [503, 'SlowDown'],
    [429, 'TooManyRequests'],
    [400, 'RequestTimeout'],
    [409, 'OperationAborted'],
  ])('tries again after %i %s, until its time is up', async (status, code) => {
    s3.refuseAll = { status, code };
    const put = store.put('segments/one', [Buffer.from('first')]);
    await expect(put).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(troubles.length).toBeGreaterThan(5);
    expect(troubles.at(-1)).toMatchObject({ final: true });
  });
});
