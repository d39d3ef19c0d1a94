import { describe, expect, it } from 'vitest';
import { channelOf, parseSemVer } from '~/muse/semver';

describe('a version', () => {
  it.each([
    ['v1.2.3', { major: 1, minor: 2, patch: 3, pre: '', build: '' }],
    ['0.0.0', { major: 0, minor: 0, patch: 0, pre: '', build: '' }],
    ['v1.3.0-beta.1', { major: 1, minor: 3, patch: 0, pre: 'beta.1', build: '' }],
    ['1.0.0-rc-1+a.2026', { major: 1, minor: 0, patch: 0, pre: 'rc-1', build: 'a.2026' }],
  ])('is read from %s', (text, version) => {
    expect(parseSemVer(text)).toEqual(version);
  });

  it.each(['', '1', 'v1.2', 'V1.2.3', '01.2.3', '1.2.3-', '1.2.3-a..b', ' 1.2.3', '1.2.3/4'])(
    'is not %j',
    (text) => {
      expect(parseSemVer(text)).toBeNull();
    },
  );

  it('is read in time that does not grow with its dots', () => {
    expect(parseSemVer(`1.2.3-${'a.'.repeat(50_000)}!`)).toBeNull();
    expect(parseSemVer(`${'9'.repeat(30)}.0.0`)).toBeNull();
  });

  it.each([
    ['1.0.0', 'stable'],
    ['1.0.0+build', 'stable'],
    ['1.0.0-alpha.2', 'alpha'],
    ['1.0.0-beta', 'beta'],
    ['1.0.0-rc.1', 'beta'],
    ['1.0.0-nightly.20260416', 'nightly'],
  ])('%s belongs to %s', (text, channel) => {
    expect(channelOf(parseSemVer(text)!)).toBe(channel);
  });
});
