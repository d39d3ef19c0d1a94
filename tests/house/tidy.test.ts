import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '~/cli/registry';
import { isReservedHandle } from '~/server/services/check-handle';
import { ADMIN_PAGES } from '~/server/services/create-repository';
import { ERRORS } from '~/wire/errors';
import * as limits from '~/wire/limits';
import { PROJECT_ROOT, sourceFiles } from '~tests/support/source-files';

const LINES_MAX = 420;
const TEST_LINES_MAX = 640;
const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), 'utf8');
const sources = sourceFiles('src', ['.ts', '.tsx']);
const tests = sourceFiles('tests', ['.ts', '.tsx']);

const longerThan = (files: { path: string; text: string }[], max: number): string[] =>
  files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ lines }) => lines > max)
    .map(({ path, lines }) => `${path}: ${lines} lines`);

describe('the house', () => {
  it('keeps source files short', () => {
    expect(longerThan(sources, LINES_MAX)).toEqual([]);
  });

  it('keeps test files short', () => {
    expect(longerThan(tests, TEST_LINES_MAX)).toEqual([]);
  });

  it('names files in kebab-case, as the framework does, or as a route segment', () => {
    const odd = [...sources, ...tests]
      .map(({ path }) => path)
      .filter(
        (path) =>
          !path
            .split('/')
            .at(-1)!
            .match(/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.tsx?$/),
      );
    expect(odd).toEqual([]);
  });

  it('has no drawers without a noun', () => {
    const drawers = [...sources, ...tests]
      .map(({ path }) => path)
      .filter((path) => /(^|\/)(utils?|helpers?|types|misc|common)(\/|\.tsx?$)/.test(path));
    expect(drawers).toEqual([]);
  });

  it('has no middleware, which would buffer and cut a push', () => {
    const found = ['src/proxy.ts', 'proxy.ts', 'src/middleware.ts', 'middleware.ts'].filter(
      (path) => existsSync(join(PROJECT_ROOT, path)),
    );
    expect(found).toEqual([]);
  });

  it('lets no account have the name of a page', () => {
    const names = readdirSync(join(PROJECT_ROOT, 'src/app')).map((name) => name.split('.')[0]!);
    const pages = names.filter((name) => /^[a-z]/.test(name));
    expect(pages).toEqual(expect.arrayContaining(['api', 'login', 'settings', 'icon']));
    // These are files of the framework, not addresses.
    const files = ['global-error', 'globals', 'layout', 'not-found', 'page'];
    const free = pages.filter((name) => !files.includes(name) && !isReservedHandle(name));
    expect(free).toEqual([]);
  });

  it('refuses names of repositories that pages below /admin/ would hide', () => {
    const names = readdirSync(join(PROJECT_ROOT, 'src/app/admin'));
    const folders = names.filter((name) => !name.includes('.'));
    expect([...ADMIN_PAGES].sort()).toEqual(folders.sort());
  });

  it('skips or focuses no test without a reason', () => {
    const loose = tests
      .filter(({ text }) => /\b(it|describe|test)\.only\(|\bvi\.mock\(/.test(text))
      .map(({ path }) => path)
      .filter((path) => !path.startsWith('tests/house/'));
    expect(loose).toEqual([]);
  });
});

describe('the documents', () => {
  it('list exactly the error codes of the code: status, whether to retry, sentence', () => {
    const rows = [
      ...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| (yes|no) \| (.*) \|$/gm),
    ];
    const documented = Object.fromEntries(
      rows.map(([, code, status, retry, sentence]) => [
        code,
        [Number(status), retry === 'yes', sentence],
      ]),
    );
    const coded = Object.fromEntries(
      Object.entries(ERRORS).map(([code, facts]) => [
        code,
        [facts.status, facts.retryable, facts.sentence],
      ]),
    );
    expect(documented).toEqual(coded);
  });

  it('name exactly the constants of the protocol, each with its value', () => {
    const rows = [...read('docs/protocol.md').matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \|/gm)];
    const documented = Object.fromEntries(
      rows.map(([, name, value]) => [name, Number(value!.replaceAll(',', ''))]),
    );
    const coded = Object.entries(limits).filter(([, value]) => typeof value === 'number');
    expect(documented).toEqual(Object.fromEntries(coded));
  });

  it('list exactly the commands of the program', () => {
    const rows = [...read('README.md').matchAll(/^\| (`[a-z -]+`(?:, `[a-z -]+`)*) \| /gm)];
    const documented = rows
      .flatMap(([, names]) => names!.replaceAll('`', '').split(', '))
      .filter((name) => !existsSync(join(PROJECT_ROOT, name)));
    expect(documented.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
  });

  it('name only tests and sources that exist', () => {
    const gone = sourceFiles('.', ['.md']).flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:src|tests|tools|bench)\/[\w./[\]-]+)`/g)]
        .map(([, named]) => named!)
        .filter((named) => !existsSync(join(PROJECT_ROOT, named)))
        .map((named) => `${path}: ${named}`),
    );
    expect(gone).toEqual([]);
  });

  it('link only to files that exist', () => {
    const broken: string[] = [];
    for (const { path, text } of sourceFiles('.', ['.md'])) {
      for (const [, link] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(link!)) continue;
        if (!existsSync(join(PROJECT_ROOT, path, '..', decodeURIComponent(link!)))) {
          broken.push(`${path}: ${link}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });
});
