import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { musehub } from '../support/cli';
import { type Hub, startHub } from '../support/hub';
import { fixture, fixtureNames } from '../support/muse-fixtures';
import type { ProgramOutcome } from '../support/run-program';

/** Repositories of the public CLI go to the hub and come back: the same files, ids and records. */

test.describe.configure({ mode: 'serial' });

let hub: Hub;
let home: string;
const cli = (...args: string[]): Promise<ProgramOutcome> =>
  musehub(args, { home, token: hub.adminToken, url: hub.url });

/** The outcome of a command that must succeed, its `--json` object read. */
async function json(...args: string[]) {
  const outcome = await cli(...args, '--json');
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return JSON.parse(outcome.stdout);
}

test.beforeAll(async () => {
  hub = await startHub();
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-e2e-'));
});
test.afterAll(async () => {
  await hub?.dispose();
  fs.rmSync(home, { recursive: true, force: true });
});

const read = (files: Map<string, Buffer>, name: string) => JSON.parse(String(files.get(name)));

/** Every file below a folder with its bytes. */
function filesBelow(root: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(path.relative(root, file), fs.readFileSync(file));
  }
  return files;
}

for (const name of fixtureNames()) {
  test(`${name}: what is pushed is what is cloned, byte for byte`, async () => {
    const folder = fixture(name);
    const url = `${hub.url}/admin/${name}`;
    await json('repo', 'create', name);
    const pushed = await musehub(['push', url, '--all', '--json'], {
      home,
      cwd: folder,
      token: hub.adminToken,
    });
    expect(pushed, pushed.stderr).toMatchObject({ code: 0 });
    await json('clone', url, path.join(home, name));

    const before = filesBelow(path.join(folder, '.muse'));
    const after = filesBelow(path.join(home, name, '.muse'));
    const kept = /^(objects|snapshots|commits|refs)\//;
    let compared = 0;
    for (const [file, bytes] of before) {
      if (!kept.test(file)) continue;
      // A snapshot comes back equal in value: the order of its files is nobody's promise.
      if (file.startsWith('snapshots/'))
        expect(read(after, file), file).toEqual(read(before, file));
      else expect(after.get(file)?.equals(bytes), file).toBe(true);
      compared++;
    }
    expect(compared).toBeGreaterThan(name === 'small' ? 20 : 900);
    const extra = [...after.keys()].filter((file) => kept.test(file) && !before.has(file));
    expect(extra).toEqual([]);

    const again = await musehub(['push', url, '--all'], {
      home,
      cwd: folder,
      token: hub.adminToken,
    });
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('up to date');
  });
}

test('a history goes forward, is refused when it diverges, and is replaced by force', async ({
  page,
}) => {
  const git = path.join(home, 'project');
  const run = (...args: string[]) =>
    execFileSync('git', ['-C', git, '-c', 'user.name=Ada', '-c', 'user.email=a@b.c', ...args]);
  const commit = (name: string, message: string) => {
    fs.writeFileSync(path.join(git, name), `${message}\n`);
    run('add', '.');
    run('commit', '-q', '-m', message);
  };
  fs.mkdirSync(git);
  run('init', '-q', '-b', 'main');
  commit('README.md', 'feat: begin');
  const muse = path.join(home, 'project-muse');
  const bring = async () => json('import-git', git, '--into', muse);
  const url = `${hub.url}/admin/project`;
  const push = (...args: string[]) =>
    musehub(['push', url, 'main', '--json', ...args], { home, cwd: muse, token: hub.adminToken });

  await json('repo', 'create', 'project');
  await bring();
  expect((await push()).stdout).toContain('"create"');
  expect((await push()).stdout).toContain('"noop"');
  commit('a.txt', 'feat(wire): one more');
  await bring();
  expect((await push()).stdout).toContain('"fast-forward"');

  run('reset', '-q', '--hard', 'HEAD~1');
  commit('b.txt', 'fix!: another way');
  await bring();
  const refused = await push();
  expect(refused.code).toBe(7);
  expect(refused.stderr).toContain('non-fast-forward');
  const forced = await push('--force');
  expect(forced, forced.stderr).toMatchObject({ code: 0 });
  expect(forced.stdout).toContain('"force"');

  await page.goto(`${url}/pushes`);
  const rows = page.getByRole('main').getByRole('listitem');
  for (const kind of ['create', 'fast-forward', 'force']) {
    await expect(rows.getByText(kind, { exact: true }).first()).toBeVisible();
  }
});

test('a private repository does not exist for those who may not read it', async ({ page }) => {
  await json('repo', 'create', 'secret', '--private');
  const stranger = await musehub(['clone', `${hub.url}/admin/secret`], { home });
  expect(stranger.code).toBe(4);
  expect(stranger.stderr).toContain('error[repo-not-found]');
  const answer = await page.goto(`${hub.url}/admin/secret`);
  expect(answer?.status()).toBe(404);
});

test('signing in is remembered, with mode 0600, and forgotten', async () => {
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-home-'));
  const login = await musehub(['login', hub.url, '--token', hub.adminToken], { home: own });
  expect(login, login.stderr).toMatchObject({ code: 0 });
  const file = path.join(own, '.muse', 'identity.toml');
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  const who = await musehub(['whoami', hub.url], { home: own });
  expect(who.stdout).toContain('admin');
  expect((await musehub(['logout', hub.url], { home: own })).code).toBe(0);
  expect((await musehub(['whoami', hub.url], { home: own })).code).toBe(6);
  fs.rmSync(own, { recursive: true });
});
