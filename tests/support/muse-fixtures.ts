import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Repositories written by the public `muse` CLI: `small` (two branches, a merge, unusual names) and
 * `medium` (150 commits, 850 objects). They are no part of this project's tree; `MUSEHUB_FIXTURES`
 * names the folder of their archives.
 */
const archives = process.env.MUSEHUB_FIXTURES ?? path.resolve('../shared/fixtures');
const temporary: string[] = [];
const unpacked = new Map<string, string>();

export function removeTempFolders(): void {
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true });
}

process.once('exit', removeTempFolders);

/** A new empty folder; removed when its test file is done, or the process ends. */
export function tempFolder(prefix = 'musehub-test-'): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), prefix)));
  temporary.push(folder);
  return folder;
}

/** Names of the fixtures that are there, for `it.each`; says so where there are none. */
export function fixtureNames(): string[] {
  const names = ['small', 'medium'].filter((name) =>
    existsSync(path.join(archives, `${name}.tar.gz`)),
  );
  if (names.length === 0) {
    console.warn(`skipped: no repositories in ${archives}; set MUSEHUB_FIXTURES to have them read`);
  }
  return names;
}

/** The root of a fixture, unpacked once per process. Do not change it: see `fixtureCopy`. */
export function fixture(name: string): string {
  const known = unpacked.get(name);
  if (known !== undefined) return known;
  const target = tempFolder();
  execFileSync('tar', ['xzf', path.join(archives, `${name}.tar.gz`), '-C', target]);
  const root = path.join(target, name);
  unpacked.set(name, root);
  return root;
}

/** A copy of a fixture that a test may change. */
export function fixtureCopy(name: string): string {
  const copy = path.join(tempFolder(), name);
  cpSync(fixture(name), copy, { recursive: true });
  return copy;
}
