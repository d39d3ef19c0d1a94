import type { Prng } from './prng';

const WORDS = [
  '',
  't',
  'O',
  'id',
  'commits',
  'structured_delta',
  'naïve',
  '日本語',
  '😀',
  'a'.repeat(40),
];

/** A random value that msgpack can hold, of at most `levels` levels of lists and maps. */
export function randomValue(prng: Prng, levels = 4): unknown {
  switch (prng.below(levels > 0 ? 10 : 8)) {
    case 0:
      return null;
    case 1:
      return prng.once(2);
    case 2:
      return prng.below(2 ** 8);
    case 3:
      return (prng.below(2 ** 30) - 2 ** 29) * prng.pick([1, 2 ** 10, 2 ** 20]);
    case 4:
      return prng.next() * 1000;
    case 5:
      return prng.pick(WORDS) + prng.pick(WORDS);
    case 6:
      return prng.bytes(prng.below(40));
    case 7:
      return prng.pick(WORDS).repeat(prng.below(20));
    case 8:
      return Array.from({ length: prng.below(6) }, () => randomValue(prng, levels - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: prng.below(6) }, () => [
          prng.pick(WORDS) + prng.below(9),
          randomValue(prng, levels - 1),
        ]),
      );
  }
}
