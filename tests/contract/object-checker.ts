import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { DEFAULT_DECODE_BOUNDS, type EncodedObject } from '~/muse/object-decoder';
import {
  CHECKED_BESIDE_MAX_BYTES,
  isCheckedBeside,
  type ObjectChecker,
} from '~/server/ports/object-checker';
import * as made from '~tests/support/crafted-files';

/** An object with that content, deflated unless told. */
export function encodedObject(
  content: Uint8Array,
  encoding: 'raw' | 'zlib' = 'zlib',
): EncodedObject {
  const data = encoding === 'raw' ? content : deflateSync(content);
  return { id: objectIdOf(content), size: content.length, encoding, data };
}

/** A picture that is an archive too. */
export const gifAndZip = (): Buffer =>
  Buffer.concat([made.gif(), made.zip('A.class', Buffer.from('cafebabe', 'hex'))]);

const text = (n: number): Uint8Array => Buffer.from(`${n} is a number\n`.repeat(100));

/** What checking the objects of a push promises, wherever it is done. */
export function describeObjectChecker(name: string, open: () => ObjectChecker): void {
  describe(`${name}: checking objects`, () => {
    let checker: ObjectChecker;
    beforeAll(() => {
      checker = open();
    });
    afterAll(() => checker.close());

    const check = async (objects: Iterable<EncodedObject>) => {
      const polyglots: string[][] = [];
      const checks = checker.open(DEFAULT_DECODE_BOUNDS, (...found) => polyglots.push(found));
      for (const object of objects) {
        expect(isCheckedBeside(object)).toBe(true);
        await checks.add(object);
      }
      const problem = await checks.settle();
      expect(checks.problem).toEqual(problem);
      return { problem, polyglots };
    };

    it('finds nothing in a push of nothing', async () => {
      expect(await check([])).toEqual({ problem: null, polyglots: [] });
    });

    it('takes many good objects, of every size it may be given', async () => {
      const objects = Array.from({ length: 2_000 }, (_, n) => encodedObject(text(n)));
      objects.push(encodedObject(randomBytes(CHECKED_BESIDE_MAX_BYTES), 'raw'));
      objects.push(encodedObject(Buffer.alloc(0), 'raw'), encodedObject(text(1), 'raw'));
      expect(await check(objects)).toEqual({ problem: null, polyglots: [] });
    });

    it('names the first bad object of a push, as the decoder does', async () => {
      const objects = Array.from({ length: 3_000 }, (_, n) => encodedObject(text(n)));
      const wrong = { ...objects[2_500]!, id: 'ab'.repeat(32) };
      const broken = { ...objects[2_900]!, data: Buffer.from('not zlib at all') };
      objects[2_500] = wrong;
      objects[2_900] = broken;
      expect(await check(objects)).toMatchObject({
        problem: {
          code: 'object-hash-mismatch',
          detail: { object_id: wrong.id, hash: objectIdOf(text(2_500)) },
        },
      });
    });

    it.each([
      ['object-size-mismatch', { ...encodedObject(text(1)), size: 5_000 }],
      ['object-decode-failed', { ...encodedObject(text(1)), data: Buffer.from('not zlib') }],
      ['object-hash-mismatch', { ...encodedObject(text(1), 'raw'), id: '00'.repeat(32) }],
    ])('finds %s', async (code, bad) => {
      const { problem } = await check([encodedObject(text(0)), bad]);
      expect(problem).toMatchObject({ code, detail: { object_id: bad.id } });
    });

    it('names the objects that are valid in two formats', async () => {
      const gif = encodedObject(gifAndZip(), 'raw');
      const { polyglots } = await check([encodedObject(text(0)), gif, encodedObject(text(2))]);
      expect(polyglots).toEqual([[gif.id, 'gif+zip']]);
    });

    it('needs the bytes of an object no longer than it takes to add it', async () => {
      const objects = Array.from({ length: 500 }, (_, n) => encodedObject(text(n)));
      const checks = checker.open(DEFAULT_DECODE_BOUNDS, () => {});
      for (const object of objects) {
        const turn = checks.add(object);
        object.data.fill(0);
        await turn;
      }
      expect(await checks.settle()).toBeNull();
    });

    it('keeps pushes at the same time apart', async () => {
      const good = Array.from({ length: 1_000 }, (_, n) => encodedObject(text(n)));
      const bad = [...good.slice(0, 700), { ...encodedObject(text(1)), id: 'cd'.repeat(32) }];
      const found = await Promise.all([check(good), check(bad), check(good)]);
      expect(found.map(({ problem }) => problem?.code)).toEqual([
        undefined,
        'object-hash-mismatch',
        undefined,
      ]);
    });
  });
}
