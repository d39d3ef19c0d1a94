import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { sha256 } from '~/muse/ids';
import { DEFAULT_LIMITS, TAGS_MAX_BODY_BYTES, TAGS_PER_REQUEST } from '~/wire/limits';
import { parseTagsRequest } from '~/wire/tag-messages';

const COMMIT = sha256('commit');
const TAG = {
  ...{ tag_id: '5f0c', commit_id: COMMIT, tag: 'key:Am' },
  created_at: '2026-04-16T12:00:00.250000+00:00',
};
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (...tags: unknown[]) => parseTagsRequest(bytesOf({ tags }), 'json', DEFAULT_LIMITS);

describe('a request that puts tags', () => {
  it('is read alike from msgpack and JSON', () => {
    const expected = {
      tags: [
        {
          ...{ id: '5f0c', commitId: COMMIT, name: 'key:Am' },
          createdAtMs: Date.UTC(2026, 3, 16, 12, 0, 0, 250),
        },
      ],
      idFormat: 'bare',
    };
    expect(read({ ...TAG, repo_id: 'ignored' })).toEqual(expected);
    expect(parseTagsRequest(encode({ tags: [TAG] }), 'msgpack', DEFAULT_LIMITS)).toEqual(expected);
  });

  it('may leave the time to the hub, and hold nothing', () => {
    expect(read({ ...TAG, created_at: null })).toMatchObject({ tags: [{ createdAtMs: null }] });
    expect(read()).toEqual({ tags: [], idFormat: null });
  });

  it.each([
    ['tag_id', ''],
    ['tag_id', 'two words'],
    ['tag_id', 'x'.repeat(101)],
    ['tag_id', 7],
    ['tag', ''],
    ['tag', 'a//b'],
    ['tag', 'a\nb'],
    ['tag', COMMIT],
    ['tag', null],
    ['created_at', 'yesterday'],
    ['created_at', 12],
    ['created_at', '+099999-01-01T00:00:00Z'],
  ])('is refused for a %s that is %j', (field, value) => {
    expect(read(TAG, { ...TAG, [field]: value })).toMatchObject({
      code: 'bad-tag',
      detail: { index: 1, field },
    });
  });

  it('is refused when it is no list of maps, or its ids are none or of two forms', () => {
    const other = { ...TAG, commit_id: `sha256:${COMMIT}` };
    for (const [body, code] of [
      [{ tags: 1 }, 'bad-frame'],
      [[TAG], 'bad-frame'],
      [{ tags: ['v1'] }, 'bad-tag'],
      [{ tags: [{ ...TAG, commit_id: 'abc' }] }, 'bad-frame'],
      [{ tags: [TAG, other] }, 'id-format-mismatch'],
    ] as const) {
      expect(parseTagsRequest(bytesOf(body), 'json', DEFAULT_LIMITS)).toMatchObject({ code });
    }
  });

  it('has a bounded number of tags and of bytes', () => {
    const many = Array.from({ length: TAGS_PER_REQUEST + 1 }, () => ({}));
    expect(read(...many)).toMatchObject({ code: 'limit-exceeded', detail: { field: 'tags' } });
    const long = Buffer.alloc(TAGS_MAX_BODY_BYTES + 1, ' ');
    expect(parseTagsRequest(long, 'json', DEFAULT_LIMITS)).toMatchObject({
      code: 'limit-exceeded',
    });
  });
});
