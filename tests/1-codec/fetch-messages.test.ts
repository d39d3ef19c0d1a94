import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { formatId } from '~/muse/ids';
import { isViolation } from '~/wire/errors';
import type { BodyForm } from '~/wire/fetch-answer';
import {
  decodeNegotiateAnswer,
  decodeRefs,
  encodeFetchRequest,
  encodeNegotiateAnswer,
  encodeNegotiateRequest,
  encodeRefs,
  fetchBodyBytesMax,
  parseFetchRequest,
  parseNegotiateRequest,
  parseObjectsRequest,
  type Refs,
} from '~/wire/fetch-messages';
import { DEFAULT_LIMITS, type Limits, NEGOTIATE_MAX_IDS } from '~/wire/limits';
import { idOf } from '~tests/support/wire-samples';

const limits: Limits = { ...DEFAULT_LIMITS, maxFetchIds: 3 };
const body = (form: BodyForm, value: unknown): Uint8Array =>
  form === 'msgpack' ? encode(value) : Buffer.from(JSON.stringify(value));
const prefixed = (digit: string) => `sha256:${idOf(digit)}`;
const forms: BodyForm[] = ['msgpack', 'json'];

describe.each(forms)('a request in %s', (form) => {
  it('to fetch says what is wanted, what is there, and how deep', () => {
    const request = { want: [idOf('a'), idOf('b')], have: [idOf('c')], depth: 5 };
    expect(parseFetchRequest(body(form, request), form, limits)).toEqual(request);
    const long = { want: [prefixed('a')], have: [prefixed('c')], depth: null };
    expect(parseFetchRequest(body(form, long), form, limits)).toEqual({
      want: [idOf('a')],
      have: [idOf('c')],
      depth: null,
    });
  });

  it('to fetch may leave out what is there and how deep, and say more', () => {
    for (const rest of [{}, { have: null, depth: null }, { later: { a: [1] } }]) {
      const fields = { want: [idOf('a')], ...rest };
      expect(parseFetchRequest(body(form, fields), form, limits)).toEqual({
        want: [idOf('a')],
        have: [],
        depth: null,
      });
    }
  });

  it.each([
    ['want', undefined],
    ['want', null],
    ['want', idOf('a')],
    ['want', { a: 1 }],
    ['want', [7]],
    ['want', [null]],
    ['want', ['main']],
    ['want', [idOf('A')]],
    ['have', [idOf('a').slice(1)]],
    ['have', 'x'],
    ['depth', 0],
    ['depth', -1],
    ['depth', 1.5],
    ['depth', '1'],
  ])('to fetch with %s = %j is refused by name', (field, value) => {
    const fields: Record<string, unknown> = { want: [idOf('a')], [field]: value };
    if (value === undefined) delete fields[field];
    expect(parseFetchRequest(body(form, fields), form, limits)).toMatchObject({
      code: 'bad-frame',
      detail: { field },
    });
  });

  it('has ids of one form', () => {
    const mixed = body(form, { want: [idOf('a')], have: [prefixed('b')] });
    expect(parseFetchRequest(mixed, form, limits)).toMatchObject({
      code: 'id-format-mismatch',
      detail: { field: 'have' },
    });
  });

  it('has no more ids than the limit, which it names', () => {
    const ids = ['a', 'b', 'c', 'd'].map(idOf);
    for (const [field, parse] of [
      ['want', parseFetchRequest],
      ['have', parseFetchRequest],
      ['object_ids', parseObjectsRequest],
    ] as const) {
      const fields = { want: [], have: [], object_ids: [], [field]: ids };
      expect(parse(body(form, fields), form, limits)).toMatchObject({
        code: 'limit-exceeded',
        detail: { field, limit: 'fetch_max_ids', max: 3 },
      });
      const fewer = { ...fields, [field]: ids.slice(1) };
      expect(isViolation(parse(body(form, fewer), form, limits))).toBe(false);
    }
  });

  it('for objects names them', () => {
    const fields = { object_ids: [prefixed('a')] };
    expect(parseObjectsRequest(body(form, fields), form, limits)).toEqual({
      objectIds: [idOf('a')],
    });
    expect(parseObjectsRequest(body(form, {}), form, limits)).toMatchObject({
      code: 'bad-frame',
      detail: { field: 'object_ids' },
    });
  });

  it('to negotiate has at most 256 ids on each side, whatever a fetch may have', () => {
    const ids = (count: number) => Array(count).fill(idOf('a'));
    const parse = (fields: unknown) =>
      parseNegotiateRequest(body(form, fields), form, DEFAULT_LIMITS);
    const full = { want: ids(NEGOTIATE_MAX_IDS), have: ids(NEGOTIATE_MAX_IDS) };
    expect(parse(full)).toEqual(full);
    for (const field of ['want', 'have']) {
      expect(parse({ ...full, [field]: ids(NEGOTIATE_MAX_IDS + 1) })).toMatchObject({
        code: 'limit-exceeded',
        detail: { field, limit: 'negotiate_max_ids', max: NEGOTIATE_MAX_IDS },
      });
      const less: Record<string, unknown> = { ...full };
      delete less[field];
      expect(parse(less)).toMatchObject({ code: 'bad-frame', detail: { field } });
    }
  });

  it.each([[], 7, 'want', null, true])('must be a map, not %j', (value) => {
    expect(parseFetchRequest(body(form, value), form, limits)).toMatchObject({ code: 'bad-frame' });
  });

  it('has room for as many ids as may be asked for, in their longer form', () => {
    const ids = Array(limits.maxFetchIds).fill(prefixed('a'));
    const full = body(form, { want: ids, have: ids, depth: 1 });
    expect(full.length).toBeLessThanOrEqual(fetchBodyBytesMax(limits));
    expect(isViolation(parseFetchRequest(full, form, limits))).toBe(false);
    const padded = { want: [], later: 'x'.repeat(fetchBodyBytesMax(limits)) };
    expect(parseFetchRequest(body(form, padded), form, limits)).toMatchObject({
      code: 'limit-exceeded',
      detail: { limit: 'body_max_bytes', max: fetchBodyBytesMax(limits) },
    });
  });
});

describe('a request that is damaged', () => {
  it.each([
    ['empty', ''],
    ['a key twice', '82a477616e7490a477616e7490'],
    ['an ext type', '81a478787878d40000'],
    ['a depth bomb', `81a478787878${'91'.repeat(2000)}`],
    ['not UTF-8', '81a478787878a1ff'],
    ['trailing bytes', '81a477616e7490c0'],
    ['a key that is a number', '8101c0'],
  ])('in msgpack is refused before it is decoded: %s', (_name, hex) => {
    expect(parseFetchRequest(Buffer.from(hex, 'hex'), 'msgpack', limits)).toMatchObject({
      code: 'bad-frame',
    });
  });

  it('in msgpack is refused when it is cut short', () => {
    const whole = encodeFetchRequest({ want: [idOf('a')], have: [], depth: null }, 'bare');
    for (let at = 1; at < whole.length; at++) {
      const cut = parseFetchRequest(whole.subarray(0, at), 'msgpack', limits);
      expect(cut).toMatchObject({ code: 'truncated-stream' });
    }
  });

  it.each(['', '{', '{"want":[]}x', "{'want':[]}", 'NaN', '\u0000'])('in JSON: %j', (text) => {
    expect(parseFetchRequest(Buffer.from(text), 'json', limits)).toMatchObject({
      code: 'bad-frame',
      message: 'The body is not JSON in UTF-8.',
    });
  });

  it('in JSON is refused when it is not UTF-8, and survives a depth bomb', () => {
    expect(parseFetchRequest(Buffer.from('7b22ff223a317d', 'hex'), 'json', limits)).toMatchObject({
      code: 'bad-frame',
    });
    const bomb = Buffer.from('['.repeat(4_000));
    expect(parseFetchRequest(bomb, 'json', limits)).toMatchObject({ code: 'bad-frame' });
  });
});

describe('what a client writes', () => {
  it('is what the hub reads', () => {
    const request = { want: [idOf('a')], have: [idOf('b')], depth: 3 };
    for (const idFormat of ['bare', 'prefixed'] as const) {
      expect(parseFetchRequest(encodeFetchRequest(request, idFormat), 'msgpack', limits)).toEqual(
        request,
      );
      const objects = encode({ object_ids: [formatId(idOf('a'), idFormat)] });
      expect(parseObjectsRequest(objects, 'msgpack', limits)).toEqual({ objectIds: [idOf('a')] });
      const round = { want: [idOf('a')], have: [idOf('b')] };
      const negotiate = encodeNegotiateRequest(round, idFormat);
      expect(parseNegotiateRequest(negotiate, 'msgpack', limits)).toEqual(round);
    }
    const all = encodeFetchRequest({ ...request, depth: null }, 'bare');
    expect(decode(all)).toEqual({ want: [idOf('a')], have: [idOf('b')] });
  });
});

describe.each(forms)('an answer in %s', (form) => {
  const plain = (bytes: Uint8Array) =>
    form === 'msgpack' ? decode(bytes) : JSON.parse(Buffer.from(bytes).toString());

  const refs: Refs = {
    repoId: 'c162083c-7733-48c4-b348-6d74d43f8a4e',
    domain: 'code',
    defaultBranch: 'main',
    branchHeads: { main: idOf('a'), 'feat/ü': idOf('b') },
    idFormat: 'prefixed',
    capabilities: ['push-stream'],
    limits: { stream_max_objects: 1_000_000 },
  };

  it('of refs has the names of the protocol, and is read as it was written', () => {
    const bytes = encodeRefs(refs, form);
    expect(plain(bytes)).toEqual({
      repo_id: refs.repoId,
      domain: 'code',
      default_branch: 'main',
      branch_heads: { main: prefixed('a'), 'feat/ü': prefixed('b') },
      id_format: 'prefixed',
      capabilities: ['push-stream'],
      limits: { stream_max_objects: 1_000_000 },
    });
    expect(decodeRefs(bytes, form)).toEqual(refs);
  });

  it('of refs of an empty repository says that no form of ids is settled', () => {
    const empty: Refs = { ...refs, branchHeads: {}, idFormat: null };
    expect(plain(encodeRefs(empty, form))).toMatchObject({ id_format: null, branch_heads: {} });
    expect(decodeRefs(encodeRefs(empty, form), form)).toEqual(empty);
  });

  it('of refs keeps a branch of any name', () => {
    const branchHeads = JSON.parse(`{"__proto__":"${idOf('a')}","constructor":"${idOf('b')}"}`);
    const decoded = decodeRefs(encodeRefs({ ...refs, idFormat: 'bare', branchHeads }, form), form);
    if (isViolation(decoded)) throw new Error(decoded.message);
    expect(Object.entries(decoded.branchHeads)).toEqual([
      ['__proto__', idOf('a')],
      ['constructor', idOf('b')],
    ]);
  });

  it.each([
    ['repo_id', 7],
    ['default_branch', null],
    ['branch_heads', []],
    ['branch_heads', { main: 'x' }],
    ['id_format', 'sha1'],
    ['capabilities', [7]],
    ['limits', { a: 'b' }],
  ])('of refs with %s = %j is not believed', (field, value) => {
    const fields = { ...(plain(encodeRefs(refs, form)) as object), [field]: value };
    expect(decodeRefs(body(form, fields), form)).toMatchObject({ detail: { field } });
  });

  it('of negotiate has the names of the protocol, and is read as it was written', () => {
    const answer = { ack: [idOf('a')], commonBase: idOf('b'), ready: true };
    const bytes = encodeNegotiateAnswer(answer, 'prefixed', form);
    expect(plain(bytes)).toEqual({ ack: [prefixed('a')], common_base: prefixed('b'), ready: true });
    expect(decodeNegotiateAnswer(bytes, form)).toEqual(answer);
    const none = { ack: [], commonBase: null, ready: false };
    expect(decodeNegotiateAnswer(encodeNegotiateAnswer(none, 'bare', form), form)).toEqual(none);
    expect(decodeNegotiateAnswer(body(form, { ack: [], ready: 1 }), form)).toMatchObject({
      detail: { field: 'ready' },
    });
  });
});
