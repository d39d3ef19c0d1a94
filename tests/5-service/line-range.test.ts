import { describe, expect, it } from 'vitest';
import { extendRange, readLineRange, writeLineRange } from '~/app/_components/line-range';

describe('lines that an address chooses', () => {
  it('are one or a range, in either order', () => {
    expect(readLineRange('#L3')).toEqual({ first: 3, last: 3 });
    expect(readLineRange('#L3-L9')).toEqual({ first: 3, last: 9 });
    expect(readLineRange('#L9-L3')).toEqual({ first: 3, last: 9 });
  });

  it('are none in anything else', () => {
    for (const hash of ['', '#', '#L', '#L0', '#L3-', '#L3-9', '#x', '#L3-L9x', '#L12345678']) {
      expect(readLineRange(hash), hash).toBeNull();
    }
  });

  it('are written as they are read', () => {
    for (const hash of ['#L3', '#L3-L9']) expect(writeLineRange(readLineRange(hash)!)).toBe(hash);
  });

  it('go from the first that was chosen to the one that is clicked', () => {
    expect(extendRange(null, 5)).toEqual({ first: 5, last: 5 });
    expect(extendRange({ first: 3, last: 4 }, 9)).toEqual({ first: 3, last: 9 });
    expect(extendRange({ first: 7, last: 9 }, 2)).toEqual({ first: 2, last: 7 });
  });
});
