import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJson, msgpackToJson } from '~/client/json-msgpack';
import {
  type Json,
  JsonFloat,
  JsonProblem,
  parseJson,
  writeFloat,
  writeJson,
  writeText,
} from '~/client/lossless-json';
import { fixture, fixtureNames } from '~tests/support/muse-fixtures';
import { seededPrng } from '~tests/support/prng';

const jsonToMsgpack = (text: string, file: string) => encodeJson(parseJson(text, file));

function floatOf(next: () => number): number {
  const bytes = Buffer.alloc(8);
  for (;;) {
    for (let i = 0; i < 8; i++) bytes[i] = Math.floor(next() * 256);
    const value = bytes.readDoubleBE();
    if (Number.isFinite(value)) return value;
  }
}

const LETTERS = [
  'a',
  'Z',
  '0',
  ' ',
  '"',
  '\\',
  '/',
  '\n',
  '\t',
  '\b',
  '\f',
  '\r',
  '\u0001',
  '\u001f',
  '\u007f',
  '\u0080',
  'é',
  '日',
  '\u2028',
  '\uffff',
  '😀',
  '🎵',
];

function jsonOf(next: () => number, depth: number): Json {
  const text = () =>
    Array.from(
      { length: Math.floor(next() * 40) },
      () => LETTERS[Math.floor(next() * LETTERS.length)],
    ).join('');
  const kind = Math.floor(next() * (depth > 4 ? 6 : 8));
  switch (kind) {
    case 0:
      return null;
    case 1:
      return next() < 0.5;
    case 2:
      return Math.round((next() - 0.5) * 10 ** Math.floor(next() * 15.9)) + 0;
    case 3:
      return new JsonFloat(floatOf(next));
    case 4:
      return new JsonFloat((next() - 0.5) * 10 ** Math.floor(next() * 24 - 8));
    case 5:
      return text();
    case 6:
      return Array.from({ length: Math.floor(next() * 20) }, () => jsonOf(next, depth + 1));
    default:
      return new Map(
        Array.from({ length: Math.floor(next() * 20) }, () => [text(), jsonOf(next, depth + 1)]),
      );
  }
}

/** What Python makes of each text: `json.dumps(json.loads(text), indent=2)`. */
function pythonDumps(texts: string[]): string[] {
  const script =
    'import json,sys\nprint(json.dumps([json.dumps(json.loads(t), indent=2) for t in json.load(sys.stdin)]))';
  return JSON.parse(
    execFileSync('python3', ['-c', script], {
      input: JSON.stringify(texts),
      maxBuffer: 2 ** 28,
    }).toString(),
  );
}

describe('writing floats', () => {
  it('writes a float as Python does', () => {
    const cases: [number, string][] = [
      [1, '1.0'],
      [-1, '-1.0'],
      [0, '0.0'],
      [-0, '-0.0'],
      [0.1, '0.1'],
      [1e-7, '1e-07'],
      [1.5e-5, '1.5e-05'],
      [0.0001, '0.0001'],
      [0.00012345, '0.00012345'],
      [1e15, '1000000000000000.0'],
      [1e16, '1e+16'],
      [123456789012345680, '1.2345678901234568e+17'],
      [1e22, '1e+22'],
      [1e100, '1e+100'],
      [5e-324, '5e-324'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
    ];
    for (const [value, text] of cases) expect(writeFloat(value)).toBe(text);
  });

  it('agrees with Python on 5,000 seeded floats', () => {
    const prng = seededPrng(expect.getState().currentTestName ?? '');
    const next = () => prng.next();
    const floats = Array.from({ length: 5000 }, (_, i) =>
      i % 2 === 0 ? floatOf(next) : (next() - 0.5) * 10 ** Math.floor(next() * 40 - 12),
    );
    const ours = floats.map(writeFloat);
    expect(pythonDumps(ours)).toEqual(ours);
    expect(ours.map(Number)).toEqual(floats);
  });

  it('has no form for NaN and the infinities', () => {
    expect(() => writeFloat(Number.NaN)).toThrow(RangeError);
    expect(() => writeFloat(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });
});

describe('JSON text', () => {
  it('is written byte for byte as json.dumps(indent=2) writes it', () => {
    const prng = seededPrng(expect.getState().currentTestName ?? '');
    const next = () => prng.next();
    const texts = Array.from({ length: 400 }, () => writeJson(jsonOf(next, 0)));
    expect(pythonDumps(texts)).toEqual(texts);
  });

  it('escapes everything that is not printable ASCII', () => {
    expect(writeText('é\u007f😀"\\\u0000')).toBe('"\\u00e9\\u007f\\ud83d\\ude00\\"\\\\\\u0000"');
  });

  it('keeps the order of keys that look like numbers, and the key __proto__', () => {
    const text = '{\n  "b": 1,\n  "7": 2,\n  "__proto__": 3,\n  "0": []\n}';
    expect(msgpackToJson(jsonToMsgpack(text, 'f'), 'f')).toBe(text);
  });

  it('reads any white space and any escape', () => {
    expect(parseJson(' [ "\\u0041\\/\\ud83d\\ude00" ,\t-0 , 1E2 ]\r\n', 'f')).toEqual([
      'A/😀',
      0,
      new JsonFloat(100),
    ]);
  });

  const refused: [string, string, string][] = [
    ['{"a": {"b": 1, "b": 2}}', 'a.b', 'twice'],
    ['{"a": [1, NaN]}', 'a[1]', 'NaN'],
    ['{"a": -Infinity}', 'a', '-Infinity'],
    ['{"a": 1e999}', 'a', 'not finite'],
    ['{"n": 9007199254740992}', 'n', '2^53'],
    ['{"n": -9007199254740992}', 'n', '2^53'],
    ['{"x y": "\\ud83d"}', '"x y"', 'surrogate'],
    ['{"a": "\\ude00\\ud83d"}', 'a', 'surrogate'],
    ['{"\\ud800": 1}', '', 'surrogate'],
    ['{"a": 01}', '', 'unexpected "1"'],
    ['{"a": "\n"}', 'a', 'unexpected'],
    ['{"a": "\\x41"}', 'a', 'bad escape'],
    ['{"a": 1,}', '', 'unexpected'],
    ['{"a": 1', '', 'ends too early'],
    ['', '', 'ends too early'],
    ['{} {}', '', 'unexpected'],
    ['[1 2]', '', 'unexpected'],
    [`${'['.repeat(70)}${']'.repeat(70)}`, '[0]', 'levels'],
  ];
  it.each(refused)('is refused where it could not come back the same: %s', (text, key, reason) => {
    let problem: unknown;
    try {
      parseJson(text, 'commits/x.json');
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(JsonProblem);
    expect((problem as JsonProblem).message).toContain('commits/x.json');
    expect((problem as JsonProblem).message).toContain(reason);
    expect((problem as JsonProblem).key.startsWith(key)).toBe(true);
  });
});

describe('JSON and msgpack', () => {
  it('come back equal in kind, order and value', () => {
    const prng = seededPrng(expect.getState().currentTestName ?? '');
    const next = () => prng.next();
    for (let i = 0; i < 200; i++) {
      const value = jsonOf(next, 0);
      const bytes = encodeJson(value);
      expect(decodeJson(bytes, 'f')).toEqual(value);
      expect(encodeJson(parseJson(writeJson(value), 'f'))).toEqual(bytes);
    }
  });

  it('keep a whole float apart from a whole number', () => {
    expect(Buffer.from(jsonToMsgpack('[1, 1.0]', 'f')).toString('hex')).toBe(
      '9201cb3ff0000000000000',
    );
    expect(msgpackToJson(jsonToMsgpack('[1, 1.0, -0.0, 1e-07]', 'f'), 'f')).toBe(
      '[\n  1,\n  1.0,\n  -0.0,\n  1e-07\n]',
    );
  });

  it('know no JSON form for binary data', () => {
    expect(() =>
      decodeJson(Uint8Array.from([0x81, 0xa1, 0x61, 0xc4, 0x01, 0x00]), 'commit x'),
    ).toThrow(/commit x: binary/);
  });

  it.each(fixtureNames())('give back every record of the repository %s byte for byte', (name) => {
    const root = fixture(name);
    let files = 0;
    for (const folder of ['commits', 'snapshots']) {
      for (const file of readdirSync(path.join(root, '.muse', folder))) {
        const text = readFileSync(path.join(root, '.muse', folder, file), 'utf8');
        expect(`${msgpackToJson(jsonToMsgpack(text, file), file)}\n`).toBe(text);
        files++;
      }
    }
    expect(files).toBeGreaterThan(10);
  });
});
