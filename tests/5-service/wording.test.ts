import { describe, expect, it } from 'vitest';
import {
  branchesAddress,
  commitAddress,
  commitsAddress,
  decodeSegment,
  fileAddress,
} from '~/app/_components/address';
import { csrfToken } from '~/app/_components/csrf-token';
import { readKey, writeKey } from '~/app/_components/search-params';
import { themeOf } from '~/app/_components/theme';
import {
  absoluteTime,
  bytes,
  counted,
  duration,
  relativeTime,
  shortDate,
} from '~/app/_components/wording';

const AT = Date.parse('2026-04-16T12:00:00.250Z');
const DAY = 86_400_000;

describe('times', () => {
  it('are said relative to now, in whole units', () => {
    const said = (later: number) => relativeTime(AT, AT + later);
    expect(said(0)).toBe('just now');
    expect(said(59_999)).toBe('just now');
    expect(said(60_000)).toBe('1 minute ago');
    expect(said(2 * 3_600_000)).toBe('2 hours ago');
    expect(said(DAY)).toBe('1 day ago');
    expect(said(65 * DAY + 1)).toBe('65 days ago');
    expect(said(364 * DAY)).toBe('364 days ago');
    expect(said(800 * DAY)).toBe('2 years ago');
    expect(said(-3 * DAY)).toBe('in 3 days');
  });

  it('are absolute in UTC, wherever the hub stands', () => {
    expect(shortDate(AT)).toBe('Apr 16, 2026');
    expect(absoluteTime(AT)).toBe('Apr 16, 2026, 12:00:00 UTC');
    expect(absoluteTime(Date.parse('2026-12-31T23:59:59Z'))).toBe('Dec 31, 2026, 23:59:59 UTC');
  });
});

describe('numbers', () => {
  it('agree with their nouns', () => {
    expect(counted(1, 'commit')).toBe('1 commit');
    expect(counted(0, 'commit')).toBe('0 commits');
    expect(counted(12_345, 'branch', 'branches')).toBe('12,345 branches');
  });

  it('of bytes and milliseconds carry their units', () => {
    expect(bytes(0)).toBe('0 B');
    expect(bytes(1023)).toBe('1023 B');
    expect(bytes(1536)).toBe('1.5 KiB');
    expect(bytes(300 * 1024 ** 2)).toBe('300 MiB');
    expect(duration(250)).toBe('250 ms');
    expect(duration(2_500)).toBe('2.5 s');
    expect(duration(61_000)).toBe('1 min 1 s');
    expect(duration(2 * 3_600_000)).toBe('2 h 0 min');
  });
});

describe('addresses', () => {
  const repo = { owner: 'ada', slug: 'notes' };

  it('encode what users named, and keep the slashes of branches', () => {
    const place = { ref: 'feat/a b', path: ['src', 'a#b?.ts', '100%'] };
    expect(fileAddress(repo, 'blob', place)).toBe(
      '/ada/notes/blob/feat/a%20b/src/a%23b%3F.ts/100%25',
    );
    const commit = { ref: `sha256:${'a'.repeat(64)}`, path: [] };
    expect(fileAddress(repo, 'tree', commit)).toBe(`/ada/notes/tree/sha256:${'a'.repeat(64)}`);
    expect(commitAddress(repo, 'sha256:ab', 'feat/a&b')).toBe(
      '/ada/notes/commits/sha256:ab?branch=feat%2Fa%26b',
    );
  });

  it('leave out what is not asked for', () => {
    expect(commitsAddress(repo, { branch: null, q: '', after: undefined })).toBe(
      '/ada/notes/commits',
    );
    expect(branchesAddress(repo, { q: 'x' })).toBe('/ada/notes/branches?q=x');
  });

  it('are read back, and a malformed one is none', () => {
    expect(decodeSegment('sha256%3Aab')).toBe('sha256:ab');
    expect(decodeSegment('%E0%A4%A')).toBeNull();
  });

  it('carry the key of a next page, and nothing else passes for one', () => {
    const id = '0e0e0e0e-0e0e-4e0e-8e0e-0e0e0e0e0e0e';
    expect(readKey(writeKey(AT, id))).toEqual({ atMs: AT, id });
    for (const odd of [
      null,
      '',
      'x',
      `${AT}`,
      `${AT}.x`,
      `-1.${id}`,
      `1e9.${id}`,
      `${AT}.${id} `,
    ]) {
      expect(readKey(odd), String(odd)).toBeNull();
    }
  });
});

describe('cookies', () => {
  it('that name no colour scheme mean the system’s', () => {
    expect(themeOf('dark')).toBe('dark');
    expect(themeOf('"><script>')).toBe('system');
    expect(themeOf(undefined)).toBe('system');
  });

  it('of a form hold its token before the bar', () => {
    const token = 'ab'.repeat(32);
    const value = `${token}|${'cd'.repeat(32)}`;
    expect(csrfToken([{ name: 'next-auth.csrf-token', value }])).toBe(token);
    const encoded = value.replace('|', '%7C');
    expect(csrfToken([{ name: '__Host-next-auth.csrf-token', value: encoded }])).toBe(token);
    expect(csrfToken([{ name: 'next-auth.csrf-token', value: '"><script>|x' }])).toBeNull();
    expect(csrfToken([])).toBeNull();
  });
});
