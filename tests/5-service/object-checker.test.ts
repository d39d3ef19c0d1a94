import { describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { DEFAULT_DECODE_BOUNDS } from '~/muse/object-decoder';
import { ThreadedChecker } from '~/server/compute/threaded-checker';
import { Refusal } from '~/wire/errors';
import { describeObjectChecker, encodedObject, gifAndZip } from '~tests/contract/object-checker';
import { commitOf, framesOf } from '~tests/support/push-script';
import { PushStage } from '~tests/support/push-stage';

describeObjectChecker(
  'in place',
  () => new ThreadedChecker({ hereMaxObjects: Number.POSITIVE_INFINITY }),
);
describeObjectChecker('in threads', () => new ThreadedChecker({ hereMaxObjects: 0, threads: 2 }));
describeObjectChecker('as the hub does', () => new ThreadedChecker());

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, `file ${n}\n`.repeat(50)]));

describe('checking objects in threads', () => {
  it('lets a push fall when an object could not be checked', async () => {
    const program = new URL('data:text/javascript,process.exit(1)');
    const checker = new ThreadedChecker({ hereMaxObjects: 0, threads: 1, program });
    const checks = checker.open(DEFAULT_DECODE_BOUNDS, () => {});
    await checks.add(encodedObject(Buffer.from('content')));
    await expect(checks.settle()).rejects.toThrow('thread ended');
    await checker.close();
  });

  it('is refused once it is closed', async () => {
    const checker = new ThreadedChecker({ hereMaxObjects: 0, threads: 1 });
    await checker.close();
    const checks = checker.open(DEFAULT_DECODE_BOUNDS, () => {});
    await checks.add(encodedObject(Buffer.from('content')));
    await expect(checks.settle()).rejects.toMatchObject({ code: 'shutting-down' });
  });
});

describe('a push whose objects are checked in threads', () => {
  it('is stored as one whose objects are checked in place, two formats and all', async () => {
    const stage = await PushStage.open();
    stage.checker = new ThreadedChecker({ hereMaxObjects: 0, threads: 1 });
    const commit = commitOf({ files: { ...many(300), 'a.gif': gifAndZip() } });
    const result = await stage.push({ commits: [commit] });
    expect(result).toMatchObject({ objectsNew: 301, warnings: [{ code: 'polyglot' }] });
    const stored = stage.hub.repository(stage.repoId).objects;
    expect(stored.get(objectIdOf(gifAndZip()))).toMatchObject({ polyglot: 'gif+zip' });
    expect((await stage.readBack()).size).toBe(301);
    await stage.checker.close();
  });

  it('is refused for its bad object, whatever is wrong after it', async () => {
    const stage = await PushStage.open();
    stage.checker = new ThreadedChecker({ hereMaxObjects: 0, threads: 1 });
    const commit = commitOf({ files: many(10) });
    const [first] = commit.objects.keys();
    commit.objects.set(first!, Buffer.from('other bytes'));
    const frames = framesOf({ commits: [commit] });
    const cut = frames.slice(0, -1);
    expect(await stage.refusal(cut)).toMatchObject({
      code: 'object-hash-mismatch',
      detail: { object_id: first },
    });
    expect(stage.head()).toBeUndefined();
    expect(stage.blobs.blobs.size).toBe(0);
    await stage.checker.close();
  });

  it('falls for its bad object alone, though storage fails in the same moment', async () => {
    const stage = await PushStage.open();
    const real = stage.storage;
    stage.storage = {
      reader: real.reader,
      openSpool: () => real.openSpool(),
      openWriter: (repoId) => {
        const writer = real.openWriter(repoId);
        return {
          objects: writer.objects,
          add: () => Promise.reject(new Refusal('storage-unavailable')),
          markPolyglot: (...args) => writer.markPolyglot(...args),
          beginObject: (object) => writer.beginObject(object),
          seal: () => writer.seal(),
          finish: () => writer.finish(),
          abandon: () => writer.abandon(),
        };
      },
    };
    const commit = commitOf({ files: many(1) });
    const [first] = commit.objects.keys();
    commit.objects.set(first!, Buffer.from('other bytes'));
    const refusal = await stage.refusal({ commits: [commit] });
    expect(refusal.code).toBe('object-hash-mismatch');
    // A rejection that nobody waits for would fail this test run.
    await new Promise(setImmediate);
  });
});
