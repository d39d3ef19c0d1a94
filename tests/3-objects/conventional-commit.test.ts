import { describe, expect, it } from 'vitest';
import { bumpBadge, COMMIT_TYPES, isBreaking, parseSubject } from '~/muse/conventional-commit';

describe('the subject of a commit', () => {
  it.each([
    ['feat(wire): streaming push', 'feat', 'wire', false],
    ['feat(core)!: greet takes punctuation', 'feat', 'core', true],
    ['fix: one thing', 'fix', '', false],
    ['chore!: drop Node 18', 'chore', '', true],
    ['Docs(readme): more', 'docs', 'readme', false],
    ['perf( cache ): faster', 'perf', 'cache', false],
  ])('%j has a type, a scope, a mark', (message, type, scope, breaking) => {
    expect(parseSubject(message)).toEqual({ type, scope, breaking, subject: message, body: '' });
  });

  it.each([
    "Merge branch 'feat/streaming-push' into main",
    'feature: not one of the types',
    'feat:no space',
    'feat(a: b',
    'feat(): empty scope',
    'feat',
    'feat: ',
    'a feat: inside',
    '',
  ])('%j has none', (message) => {
    expect(parseSubject(message)).toMatchObject({ type: '', scope: '', breaking: false });
  });

  it('may be of every listed type', () => {
    for (const type of COMMIT_TYPES) expect(parseSubject(`${type}: x`).type).toBe(type);
  });

  it('is the first line; the body is the rest, its paragraphs kept', () => {
    const message = 'fix: a\n\nFirst paragraph,\nsecond line.\n\n  Second paragraph.\n\n';
    expect(parseSubject(message)).toEqual({
      type: 'fix',
      scope: '',
      breaking: false,
      subject: 'fix: a',
      body: 'First paragraph,\nsecond line.\n\n  Second paragraph.',
    });
    expect(parseSubject('a\r\n\r\nb\r\nc').body).toBe('b\r\nc');
    expect(parseSubject('\n\n  fix: late\n')).toMatchObject({ subject: 'fix: late', body: '' });
  });

  it('is found in time in proportion to the message', () => {
    const gap = ' '.repeat(30_000);
    const started = performance.now();
    for (const message of [
      `a\n${gap}b${gap}c`,
      `feat(${gap}`,
      `feat:${gap}`,
      '\n'.repeat(60_000),
      `${gap}x`,
    ])
      parseSubject(message);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('the badge of a commit', () => {
  const commit = (message: string, semVerBump = 'none', breakingChanges: string[] = []) => ({
    ...{ message, semVerBump, breakingChanges },
    breaking: isBreaking({ message, breakingChanges }),
  });

  it('is BREAKING for a mark in the subject or changes that are listed', () => {
    expect(bumpBadge(commit('feat!: x', 'minor'))).toBe('BREAKING');
    expect(bumpBadge(commit('docs: more', 'major', ['README.md']))).toBe('BREAKING');
    expect(isBreaking(commit('feat: x!'))).toBe(false);
  });

  it('is else the bump of the record, or nothing', () => {
    for (const bump of ['major', 'minor', 'patch'] as const)
      expect(bumpBadge(commit('x', bump))).toBe(bump);
    for (const bump of ['none', '', 'huge']) expect(bumpBadge(commit('x', bump))).toBe('');
  });
});
