import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { mergeCommitRecord, parseCommitRecord } from '~/wire/commit-record';
import { isViolation } from '~/wire/errors';
import { COMMIT_MAX_LIST_ITEMS, DEFAULT_LIMITS, type Limits } from '~/wire/limits';
import { MsgpackWriter } from '~/wire/msgpack-writer';
import { equalValues } from '~/wire/value-compare';
import { idOf } from '~tests/support/wire-samples';

const least = {
  commit_id: idOf('c'),
  snapshot_id: idOf('5'),
  message: 'feat: a commit',
  committed_at: '2026-04-16T12:00:00+00:00',
};

const limits: Limits = { ...DEFAULT_LIMITS, maxMessageBytes: 100, maxDeltaBytes: 50 };
const parse = (fields: Record<string, unknown>) => parseCommitRecord(encode(fields), limits);
const without = (key: string) =>
  Object.fromEntries(Object.entries(least).filter(([name]) => name !== key));

describe('a commit record', () => {
  it('needs four fields, and leaves the others empty', () => {
    expect(parse(least)).toEqual({
      id: idOf('c'),
      snapshotId: idOf('5'),
      parents: [],
      message: 'feat: a commit',
      committedAt: '2026-04-16T12:00:00+00:00',
      author: '',
      branch: '',
      semVerBump: '',
      breakingChanges: [],
      agentId: '',
      modelId: '',
      toolchainId: '',
      promptHash: '',
      signature: '',
      signerKeyId: '',
      signerPublicKey: '',
      formatVersion: null,
      reviewedBy: [],
      testRuns: 0,
    });
  });

  it('is read in full as the public CLI writes it', () => {
    const full = {
      ...least,
      repo_id: 'c162083c-7733-48c4-b348-6d74d43f8a4e',
      branch: 'main',
      parent_commit_id: idOf('a'),
      parent2_commit_id: idOf('b'),
      author: 'ada',
      metadata: {},
      structured_delta: null,
      sem_ver_bump: 'major',
      breaking_changes: ['src/greet.py::greet'],
      agent_id: 'counterpoint-bot',
      model_id: 'model-x',
      toolchain_id: 't1',
      prompt_hash: 'p',
      signature: 's',
      signer_key_id: 'k',
      signer_public_key: 'pk',
      format_version: 5,
      reviewed_by: ['bob'],
      test_runs: 2,
    };
    expect(parse(full)).toMatchObject({
      branch: 'main',
      parents: [idOf('a'), idOf('b')],
      author: 'ada',
      semVerBump: 'major',
      breakingChanges: ['src/greet.py::greet'],
      agentId: 'counterpoint-bot',
      modelId: 'model-x',
      toolchainId: 't1',
      promptHash: 'p',
      signature: 's',
      signerKeyId: 'k',
      signerPublicKey: 'pk',
      formatVersion: 5,
      reviewedBy: ['bob'],
      testRuns: 2,
    });
  });

  it.each(Object.keys(least))('needs %s', (field) => {
    expect(parse(without(field))).toMatchObject({ code: 'bad-commit', detail: { field } });
  });

  it('says no parent by absence, nil or an empty text', () => {
    for (const none of [null, '']) {
      const record = { ...least, parent_commit_id: none, parent2_commit_id: none };
      expect(parse(record)).toMatchObject({ parents: [] });
      expect(parse({ ...record, parent_commit_id: idOf('a') })).toMatchObject({
        parents: [idOf('a')],
      });
    }
  });

  it('has a second parent only beside a first, different one', () => {
    for (const first of [null, '', idOf('b')]) {
      const record = { ...least, parent_commit_id: first, parent2_commit_id: idOf('b') };
      expect(parse(record)).toMatchObject({
        code: 'bad-commit',
        detail: { field: 'parent2_commit_id', commit_id: idOf('c') },
      });
    }
  });

  it('takes nil for what is only shown', () => {
    const shown = ['author', 'branch', 'sem_ver_bump', 'agent_id', 'model_id', 'toolchain_id'];
    const more = ['prompt_hash', 'signature', 'signer_key_id', 'signer_public_key'];
    const lists = ['format_version', 'reviewed_by', 'breaking_changes', 'test_runs'];
    const nils = Object.fromEntries([...shown, ...more, ...lists].map((key) => [key, null]));
    expect(parse({ ...least, ...nils })).toEqual(parse(least));
  });

  const wrong: [field: string, values: unknown[]][] = [
    ['commit_id', [7, null, '', 'x', idOf('C')]],
    ['snapshot_id', [7, null, '']],
    ['message', [7, null, 'a\0b']],
    ['committed_at', [7, null, '2026\0', 1_776_340_800]],
    ['author', [7, 'a\0', ['a']]],
    ['signer_public_key', ['\0', 7]],
    ['parent_commit_id', [7, 'x', [idOf('a')]]],
    ['parent2_commit_id', [7, 'x']],
    ['branch', [7, '\0']],
    ['format_version', ['5', 5.5, true]],
    ['breaking_changes', ['x', {}, [7], [null], ['\0']]],
    ['reviewed_by', ['bob', [1], 7]],
    ['test_runs', [-1, 1.5, '1', true]],
    ['agent_id', [7, {}]],
    ['signature', [7, Buffer.of(1)]],
  ];

  it.each(wrong.flatMap(([field, values]) => values.map((value) => ({ field, value }))))(
    'with $field = $value is refused by name',
    ({ field, value }) => {
      const violation = parse({ ...least, [field]: value });
      expect(violation).toMatchObject({ code: 'bad-commit', detail: { field } });
      if (field !== 'commit_id')
        expect(violation).toMatchObject({ detail: { commit_id: idOf('c') } });
    },
  );

  it('names the commit even when its id comes after what is wrong', () => {
    expect(parse({ author: 7, ...least })).toMatchObject({ detail: { commit_id: idOf('c') } });
  });

  it('has bounds for its message, its texts and its delta', () => {
    const bytes = (count: number) => 'é'.repeat(count / 2);
    expect(parse({ ...least, message: bytes(100) })).toMatchObject({ message: bytes(100) });
    for (const field of ['message', 'author', 'agent_id', 'committed_at']) {
      expect(parse({ ...least, [field]: bytes(102) })).toMatchObject({
        code: 'limit-exceeded',
        detail: { field, limit: 'commit_max_message_bytes', max: 100, commit_id: idOf('c') },
      });
    }
    const fits = { ...least, structured_delta: 'x'.repeat(48) };
    expect(parse(fits)).toMatchObject({ id: idOf('c') });
    expect(parse({ ...least, structured_delta: 'x'.repeat(49) })).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'structured_delta', limit: 'commit_max_delta_bytes', max: 50 },
    });
  });

  it('has a bound for its lists', () => {
    const names = Array(COMMIT_MAX_LIST_ITEMS + 1).fill('');
    expect(parse({ ...least, breaking_changes: names })).toMatchObject({
      code: 'limit-exceeded',
      detail: { field: 'breaking_changes', limit: 'commit_max_list_items' },
    });
    expect(parse({ ...least, breaking_changes: ['', 'x', ''] })).toMatchObject({
      breakingChanges: ['x'],
    });
  });

  it('has ids of one form', () => {
    expect(parse({ ...least, parent_commit_id: `sha256:${idOf('a')}` })).toMatchObject({
      code: 'id-format-mismatch',
      detail: { field: 'parent_commit_id' },
    });
  });
});

describe('a record that is pushed again', () => {
  const stored = encode({
    ...least,
    reviewed_by: ['ada'],
    test_runs: 2,
    x: { a: 1, b: [2.5, null] },
  });
  const record = (fields: Record<string, unknown>) =>
    encode({
      ...least,
      reviewed_by: ['ada'],
      test_runs: 2,
      x: { a: 1, b: [2.5, null] },
      ...fields,
    });

  it('is the same when its bytes are', () => {
    expect(mergeCommitRecord(stored, Uint8Array.from(stored))).toEqual({ kind: 'same' });
  });

  it('is the same when only the order of its keys and the widths of its numbers differ', () => {
    const reordered = new MsgpackWriter()
      .mapHeader(7)
      .str('x')
      .raw(Buffer.from('df00000002a16292cb4004000000000000c0a161cf0000000000000001', 'hex'))
      .str('test_runs')
      .raw(Buffer.from('cd0002', 'hex'))
      .str('reviewed_by')
      .value(['ada']);
    for (const [key, value] of Object.entries(least)) reordered.str(key).value(value);
    expect(mergeCommitRecord(stored, reordered.take())).toEqual({ kind: 'same' });
  });

  it('is the same when it brings fewer reviewers and test runs', () => {
    for (const fields of [
      { reviewed_by: [], test_runs: 0 },
      { reviewed_by: null, test_runs: null },
      { reviewed_by: ['ada', 'ada'], test_runs: 1 },
    ]) {
      expect(mergeCommitRecord(stored, record(fields))).toEqual({ kind: 'same' });
    }
    expect(mergeCommitRecord(stored, encode({ ...least, x: { a: 1, b: [2.5, null] } }))).toEqual({
      kind: 'same',
    });
  });

  it('brings reviewers and test runs, and not a byte more', () => {
    const merged = mergeCommitRecord(stored, record({ reviewed_by: ['bob', 'ada'], test_runs: 9 }));
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    const expected = new MsgpackWriter().mapHeader(7);
    for (const [key, value] of Object.entries(least)) expected.str(key).value(value);
    expected.str('reviewed_by').value(['ada', 'bob']).str('test_runs').int(9);
    expected.str('x').value({ a: 1, b: [2.5, null] });
    expect(Buffer.from(merged.record)).toEqual(Buffer.from(expected.take()));
  });

  it('keeps odd bytes of the stored record around what it brings', () => {
    const odd = new MsgpackWriter()
      .raw(Buffer.from('df00000007', 'hex'))
      .str('test_runs')
      .raw(Buffer.from('cf0000000000000001', 'hex'))
      .str('y')
      .raw(Buffer.from('ca3fc00000', 'hex'))
      .str('reviewed_by')
      .raw(Buffer.from('dd00000001a3616461', 'hex'));
    for (const [key, value] of Object.entries(least)) odd.str(key).value(value);
    const before = odd.take();
    const incoming = encode({ ...least, y: 1.5, reviewed_by: ['ada'], test_runs: 300 });
    const merged = mergeCommitRecord(before, incoming);
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    const text = Buffer.from(before).toString('hex').replace('cf0000000000000001', 'cd012c');
    expect(Buffer.from(merged.record).toString('hex')).toBe(text);
  });

  it('brings keys that the stored record lacks, at its end', () => {
    const bare = encode(least);
    const both = mergeCommitRecord(bare, encode({ ...least, reviewed_by: ['bob'], test_runs: 1 }));
    if (both.kind !== 'merged') throw new Error(both.kind);
    expect(Object.entries(decode(both.record) as object)).toEqual(
      Object.entries({ ...least, reviewed_by: ['bob'], test_runs: 1 }),
    );
    expect(Buffer.from(both.record).subarray(1, bare.length)).toEqual(
      Buffer.from(bare).subarray(1),
    );
    const one = mergeCommitRecord(bare, encode({ ...least, reviewed_by: [], test_runs: 1 }));
    if (one.kind !== 'merged') throw new Error(one.kind);
    expect(decode(one.record)).toEqual({ ...least, test_runs: 1 });
    expect(isViolation(parseCommitRecord(one.record))).toBe(false);
  });

  it('brings a fifteenth and a sixteenth key, though the header grows', () => {
    const keys = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, i]));
    const fifteen = encode({ ...least, ...keys });
    const merged = mergeCommitRecord(fifteen, encode({ ...least, ...keys, test_runs: 1 }));
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    expect(decode(merged.record)).toEqual({ ...least, ...keys, test_runs: 1 });
  });

  it('comes to the same whichever way it is joined again', () => {
    const incoming = record({ reviewed_by: ['bob', 'eve'], test_runs: 3 });
    const merged = mergeCommitRecord(stored, incoming);
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    expect(mergeCommitRecord(merged.record, incoming)).toEqual({ kind: 'same' });
    expect(mergeCommitRecord(merged.record, stored)).toEqual({ kind: 'same' });
  });

  it.each([
    ['message', { message: 'other' }],
    ['author', { author: '' }],
    ['x', { x: { a: 1, b: [2.5] } }],
    ['x', { x: { a: 1, b: [2.5, 0] } }],
    ['x', { x: { a: 1.0000001, b: [2.5, null] } }],
    ['x', { x: { a: 1, b: [2.5, null], c: 1 } }],
    ['x', { x: { a: 1, c: [2.5, null] } }],
    ['x', { x: null }],
    ['reviewed_by', { reviewed_by: 'bob' }],
    ['test_runs', { test_runs: -1 }],
    ['test_runs', { test_runs: 'many' }],
  ])('that differs in %s is a conflict: %j', (field, change) => {
    expect(mergeCommitRecord(stored, record(change))).toEqual({ kind: 'conflict', field });
  });

  it('that lacks a key is a conflict', () => {
    const lacking = encode({ ...least, reviewed_by: ['ada'], test_runs: 2 });
    expect(mergeCommitRecord(stored, lacking)).toEqual({ kind: 'conflict', field: 'x' });
  });
});

describe('two values', () => {
  const equal = (a: string, b: string) => equalValues(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));

  it('are equal in any width and any order of keys', () => {
    expect(equal('01', 'cf0000000000000001')).toBe(true);
    expect(equal('ff', 'd3ffffffffffffffff')).toBe(true);
    expect(equal('ca3fc00000', 'cb3ff8000000000000')).toBe(true);
    expect(equal('a161', 'db0000000161')).toBe(true);
    expect(equal('c40161', 'c60000000161')).toBe(true);
    expect(equal('9101', 'dd0000000101')).toBe(true);
    expect(equal('82a16101a16202', 'de0002a16202a16101')).toBe(true);
    expect(equal('81a16182a16101a16202', '81a16182a16202a161cc01')).toBe(true);
    expect(equal('9282a16101a1620207', '9282a16202a1610107')).toBe(true);
    expect(equal('cb7ff8000000000000', 'ca7fc00000')).toBe(true);
  });

  it('are not equal across kinds, lengths and signs of zero', () => {
    for (const [a, b] of [
      ['01', 'cb3ff0000000000000'],
      ['c0', 'a0'],
      ['c2', '00'],
      ['c0', 'c2'],
      ['c2', 'c3'],
      ['a161', 'c40161'],
      ['90', '80'],
      ['9101', '920101'],
      ['920102', '920201'],
      ['81a16101', '81a16201'],
      ['81a16101', '82a16101a16201'],
      ['82a16101a16202', '82a16102a16201'],
      ['9282a16101a1620207', '9282a16202a1610108'],
      ['ca00000000', 'ca80000000'],
    ] as const) {
      expect(equal(a, b), `${a} and ${b}`).toBe(false);
      expect(equal(b, a), `${b} and ${a}`).toBe(false);
    }
  });
});
