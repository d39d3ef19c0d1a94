import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { BRANCH_NAME_MAX_BYTES, checkBranchName } from '~/muse/branch-name';
import { checkPath, PATH_MAX_BYTES, PATH_SEGMENT_MAX_BYTES } from '~/muse/paths';
import { checkTagName, TAG_NAME_MAX_BYTES } from '~/muse/tag-name';
import * as limits from '~/wire/limits';
import { tempFolder } from '~tests/support/muse-fixtures';
import { type Prng, seededPrng } from '~tests/support/prng';

describe('the path of a file', () => {
  it.each([
    'README.md',
    'src/muse/paths.ts',
    'docs/naïve café – 日本語 😀.md',
    'dir with space/a b.txt',
    '.gitignore',
    '...',
    '..a/b..',
    '.musette/x',
    'x.muse',
    'muse/.mus',
    'a:b*c?"<>|',
    '~',
    ' ',
    'trailing.',
    `${'a'.repeat(PATH_SEGMENT_MAX_BYTES)}/${'é'.repeat(127)}`,
  ])('may be %j', (path) => {
    expect(checkPath(path)).toBeNull();
  });

  it.each([
    ['', 'is empty'],
    ['/etc/passwd', 'begins with a slash'],
    ['a//b', 'has an empty segment'],
    ['a/', 'has an empty segment'],
    ['.', 'has the segment "."'],
    ['a/./b', 'has the segment "."'],
    ['..', 'has the segment ".."'],
    ['../up', 'has the segment ".."'],
    ['a/b/..', 'has the segment ".."'],
    ['.muse', 'has the segment ".muse"'],
    ['a/.muse/config.toml', 'has the segment ".muse"'],
    ['.MuSe/HEAD', 'has the segment ".muse"'],
    // The long s has the same capital letter as s, so a file system that folds case makes them one.
    ['.mu\u017fe/HEAD', 'has the segment ".muse"'],
    ['a\0b', 'holds a NUL'],
    ['a\\b', 'holds a backslash'],
    ['a\nb', 'holds a control character'],
    ['a\x7fb', 'holds a control character'],
    ['a\x9bb', 'holds a control character'],
    ['a\ud800b', 'is not valid Unicode text'],
    ['\udc00', 'is not valid Unicode text'],
    ['a'.repeat(PATH_SEGMENT_MAX_BYTES + 1), 'has a segment longer than 255 bytes'],
    ['é'.repeat(128), 'has a segment longer than 255 bytes'],
    [`${'d/'.repeat(2_048)}f`, 'is longer than 4096 bytes'],
  ])('may not be %j', (path, why) => {
    expect(checkPath(path)).toBe(why);
  });

  it('may take exactly the bytes that the protocol says', () => {
    expect(checkPath(`${'d/'.repeat(2_047)}ff`)).toBeNull();
    expect(`${'d/'.repeat(2_047)}ff`.length).toBe(PATH_MAX_BYTES);
    expect([
      ...[PATH_MAX_BYTES, PATH_SEGMENT_MAX_BYTES, BRANCH_NAME_MAX_BYTES, TAG_NAME_MAX_BYTES],
    ]).toEqual([
      limits.PATH_MAX_BYTES,
      limits.PATH_SEGMENT_MAX_BYTES,
      limits.BRANCH_NAME_MAX_BYTES,
      limits.TAG_NAME_MAX_BYTES,
    ]);
  });
});

/** What the hub refuses and git does not: it takes the first two for shorthands, and has no limit. */
const OURS_ALONE = (name: string): boolean =>
  name === '@' || name === 'HEAD' || Buffer.byteLength(name) > BRANCH_NAME_MAX_BYTES;

const gitSays = (args: string[]) => spawnSync('git', args).status === 0;

/**
 * The names that git takes for `refs/heads/<name>` and, as `git branch` does, not with a hyphen at
 * the start. One process filters all that fit on a line; the others are asked one by one.
 */
function takenByGit(names: Iterable<string>): Set<string> {
  const onLines = [...names].filter((name) => !/\s/.test(name));
  const folder = tempFolder();
  execFileSync('git', ['init', '-q', folder]);
  const filtered = spawnSync('git', ['-C', folder, 'show-ref', '--exclude-existing'], {
    input: onLines.map((name) => `refs/heads/${name}\n`).join(''),
    encoding: 'utf8',
  });
  const lines = filtered.stdout.split('\n').map((line) => line.slice('refs/heads/'.length));
  const taken = new Set(lines.filter((name) => name !== ''));
  for (const name of names)
    if (/\s/.test(name) && gitSays(['check-ref-format', `refs/heads/${name}`])) taken.add(name);
  for (const name of taken)
    if (name.startsWith('-') && !gitSays(['check-ref-format', '--branch', name]))
      taken.delete(name);
  return taken;
}

/** Pieces of which names are made that stand close to the rules. */
const PIECES = [
  ...['a', 'b', 'main', 'feat', 'x.lock', '.lock', 'lock', '.', '..', '@', '{', '@{', '}', '-'],
  ...[
    '/',
    '//',
    '~',
    '^',
    ':',
    '?',
    '*',
    '[',
    ']',
    '\\',
    ' ',
    '\t',
    '\x01',
    '\x7f',
    'é',
    '😀',
    '\u0085',
  ],
  ...[
    'HEAD',
    'refs/',
    'a/b',
    '.a',
    'a.',
    '!',
    '$',
    '%',
    '&',
    ';',
    "'",
    '"',
    '|',
    '<',
    '#',
    '=',
    ',',
  ],
];

const randomName = (random: Prng): string =>
  Array.from({ length: 1 + random.below(4) }, () => random.pick(PIECES)).join('');

describe('the name of a branch', () => {
  it.each([
    'main',
    'feat/streaming-push',
    'a',
    'x-1',
    'a@b',
    'a.lock.b',
    'é',
    'refs/heads/main',
    '@a',
  ])('may be %j', (name) => {
    expect(checkBranchName(name)).toBeNull();
  });

  it.each([
    ...['', '@', 'HEAD', '-x', '.a', 'a/.b', 'a..b', 'a.lock', 'a.lock/b', 'a/', '/a', 'a//b'],
    ...[
      'a b',
      'a~1',
      'a^',
      'a:b',
      'a?',
      'a*',
      'a[b',
      'a\\b',
      'a@{b',
      'a.',
      'a\x00b',
      'a\x7f',
      'a\nb',
    ],
    ...['\ud800', 'b'.repeat(BRANCH_NAME_MAX_BYTES + 1), 'é'.repeat(128)],
  ])('may not be %j', (name) => {
    expect(checkBranchName(name)).not.toBeNull();
  });

  it('is judged as by git, over 4,000 names', () => {
    const random = seededPrng('branch names');
    const names = new Set(PIECES);
    while (names.size < 4_000) names.add(randomName(random));
    const git = takenByGit(names);
    const differ = [...names].filter(
      (name) => (checkBranchName(name) === null) !== (git.has(name) && !OURS_ALONE(name)),
    );
    expect(differ).toEqual([]);
    expect(git.size).toBeGreaterThan(200);
    expect(names.size - git.size).toBeGreaterThan(200);
  });
});

describe('the name of a tag', () => {
  it.each(['v1.2.0', 'emotion:joyful', 'key:A minor', 'takes/one', 'ünï 😀', 'é'.repeat(127)])(
    'may be %j',
    (name) => {
      expect(checkTagName(name)).toBeNull();
    },
  );

  it.each([
    ...['', ' v1', 'v1 ', '/a', 'a/', 'a//b', '.', '../a', 'a/./b', 'a\\b', 'a\0b', 'a\nb'],
    ...['\ud800', 'é'.repeat(128), 'a'.repeat(64), `sha256:${'0'.repeat(64)}`],
  ])('may not be %j', (name) => {
    expect(checkTagName(name)).toMatch(/^\w/);
  });
});
