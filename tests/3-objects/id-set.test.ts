import { describe, expect, it } from 'vitest';
import { IdSet } from '~/muse/id-set';
import { sha256 } from '~/muse/ids';

describe('IdSet', () => {
  it('holds every id that was added, over many pages and growths, and no other', () => {
    const set = new IdSet();
    const ids = Array.from({ length: 20_000 }, (_, i) => sha256(`object ${i}`));
    for (const id of ids) expect(set.add(id)).toBe(true);
    expect(set.size).toBe(20_000);
    expect(ids.every((id, i) => set.indexOf(id) === i)).toBe(true);
    for (let i = 20_000; i < 25_000; i++) expect(set.has(sha256(`object ${i}`))).toBe(false);
  });

  it('adds an id once', () => {
    const set = new IdSet();
    expect(set.add(sha256('a'))).toBe(true);
    expect(set.add(sha256('b'))).toBe(true);
    expect(set.add(sha256('a'))).toBe(false);
    expect(set.size).toBe(2);
  });

  it('gives ids back in the order in which they came', () => {
    const set = new IdSet();
    const ids = Array.from({ length: 9_000 }, (_, i) => sha256(`${i}`));
    for (const id of ids) set.add(id);
    expect([...set]).toEqual(ids);
    expect(set.at(8_191)).toBe(ids[8_191]);
  });

  it('tells ids apart that share all but their last byte', () => {
    const set = new IdSet();
    const stem = 'ab'.repeat(31);
    for (let i = 0; i < 256; i++) set.add(stem + i.toString(16).padStart(2, '0'));
    expect(set.size).toBe(256);
    expect(set.indexOf(`${stem}ff`)).toBe(255);
    expect(set.has(`${'ab'.repeat(30)}acff`)).toBe(false);
  });

  it('sorts positions by id, however alike the ids are', () => {
    const set = new IdSet();
    const alike = Array.from({ length: 200 }, (_, i) => 'ab'.repeat(31) + (255 - i).toString(16));
    const ids = [...alike, ...Array.from({ length: 2_000 }, (_, i) => sha256(`${i}`))];
    for (const id of ids) set.add(id);
    const sorted = Array.from(set.sortedPositions(), (position) => set.at(position));
    expect(sorted).toEqual(ids.toSorted());
    expect(new IdSet().sortedPositions()).toHaveLength(0);
  });

  it('refuses a position that holds nothing', () => {
    const set = new IdSet();
    expect(() => set.at(0)).toThrow(RangeError);
    set.add(sha256('a'));
    expect(() => set.at(1)).toThrow(RangeError);
    expect(() => set.at(-1)).toThrow(RangeError);
  });
});
