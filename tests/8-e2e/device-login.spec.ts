import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { musehub } from '../support/cli';
import { sendToken, type VisitedHub, visitHub } from '../support/hub-visitor';
import { PROJECT_ROOT } from '../support/source-files';

/** A person at a command line signs in by the browser, and signs commits. */

let visited: VisitedHub;
const at = (address: string) => `${visited.hub.url}${address}`;

test.beforeAll(async () => {
  visited = await visitHub();
});
test.afterAll(async () => {
  await visited?.dispose();
});

/** `musehub login` while it waits: where it sends the person, and how it ends. */
async function startLogin(args: string[] = []) {
  const program = path.join(PROJECT_ROOT, 'bin', 'musehub.cjs');
  const child = spawn(process.execPath, [program, 'login', visited.hub.url, ...args], {
    env: { PATH: process.env.PATH, HOME: visited.home, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => {
    outcome.stdout += part;
  });
  child.stderr.on('data', (part) => {
    outcome.stderr += part;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...outcome }));
  await expect.poll(() => outcome.stderr).toMatch(/approve the code .*\n/);
  const [, address = '', code = ''] = /Open (\S+)\nand approve the code (\S+)\n/.exec(
    outcome.stderr,
  )!;
  return { address, code, ended };
}

/** Signs in on the way to a page, and comes back to it. */
async function openSignedIn(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page).toHaveURL(/\/login\?/);
  await sendToken(page, visited.hub.adminToken);
  await expect(page).toHaveURL(address);
}

test('a program is approved in the browser, registers a key, and its commits are verified', async ({
  page,
}) => {
  const { address, code, ended } = await startLogin(['--scope', 'admin']);
  await openSignedIn(page, address);
  await expect(page.getByText(code, { exact: true })).toBeVisible();
  await expect(page.getByText(/^musehub\/\d/)).toBeVisible();
  await expect(page.getByText('127.0.0.1', { exact: true })).toBeVisible();
  await expect(page.getByText('Nobody else has a reason to send you a code')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('my machine');
  await page.getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByText('Approved', { exact: true })).toBeVisible();
  const signedIn = await ended;
  expect(signedIn, signedIn.stderr).toMatchObject({ code: 0 });
  expect(signedIn.stdout).toBe(`Signed in to ${visited.hub.url} as admin (human).\n`);
  const file = path.join(visited.home, '.muse', 'identity.toml');
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  const [token] = /muse_pat_\w+/.exec(fs.readFileSync(file, 'utf8'))!;
  expect(visited.hub.output).not.toContain(token);
  await page.goto(at('/settings/tokens'));
  await expect(page.getByRole('listitem').filter({ hasText: 'my machine' })).toBeVisible();
  // The code is used up.
  await page.goto(address);
  await expect(page.getByText('No program waits with this code')).toBeVisible();

  const { home } = visited;
  const cli = async (args: string[], cwd = home) => {
    const done = await musehub(args, { home, cwd });
    expect(done, done.stderr).toMatchObject({ code: 0 });
    return done.stdout;
  };
  await cli(['key', 'generate', visited.hub.url, '--name', 'my key']);
  await page.goto(at('/settings/keys'));
  const row = page.getByRole('listitem').filter({ hasText: 'my key' });
  await expect(row).toBeVisible();

  await visited.publish('signed', [{ message: 'feat: by hand', files: { a: 'a\n' } }]);
  const muse = path.join(home, 'muse', 'signed');
  await cli(['push', at('/admin/signed'), 'main:second', '--sign', '--as', 'origin'], muse);
  expect(await cli(['doctor'], muse)).toContain('main is the same there');
  await page.goto(at('/admin/signed/commits'));
  await page.getByRole('link', { name: 'feat: by hand' }).click();
  // What was there unsigned stays as it came.
  await expect(page.getByText('not signed', { exact: true })).toBeVisible();

  await visited.cli(['repo', 'create', 'fresh', '--hub', visited.hub.url]);
  await cli(['push', at('/admin/fresh'), 'main', '--sign'], muse);
  await page.goto(at('/admin/fresh/commits'));
  await page.getByRole('link', { name: 'feat: by hand' }).click();
  await expect(page.getByText('verified', { exact: true })).toBeVisible();

  const shown = page.getByText(/^musehub commit comment [0-9a-f:sha]+ --to /);
  const line = ((await shown.textContent()) ?? '').replace(/^musehub /, '');
  const words = line.replace(' --body "your comment"', '').split(' ');
  await cli([...words, '--body', 'from the command line']);
  await page.reload();
  await expect(
    page.getByRole('listitem').filter({ hasText: 'from the command line' }),
  ).toBeVisible();

  await page.goto(at('/settings/keys'));
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByRole('button', { name: /^Revoke for good/ }).click();
  await expect(row.getByText('revoked', { exact: true })).toBeVisible();
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('a program is denied, and a code is typed', async ({ page }) => {
    const { address, code, ended } = await startLogin();
    await openSignedIn(page, at('/device'));
    await page.getByLabel('Code').fill('BCDF GHJK');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('No program waits with this code')).toBeVisible();
    await page.getByLabel('Code').fill(code.toLowerCase().replace('-', ''));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('only those named below').check();
    await page.getByLabel('Names of the repositories').fill('admin/not-there');
    await page.getByRole('button', { name: 'Approve' }).click();
    await expect(page.getByText('One of the repositories is not there')).toBeVisible();
    // A page of another site decides nothing.
    const cookies = await page.context().cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const forged = await fetch(at('/device/decision'), {
      ...{ method: 'POST', redirect: 'manual' },
      headers: {
        ...{ cookie, origin: 'https://evil.example' },
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        code,
        decision: 'approve',
        name: 'x',
        scope: 'admin',
        days: '1',
      }),
    });
    expect(forged.headers.get('location')).toContain('error=access-denied');
    await page.goto(address);
    await page.getByRole('button', { name: 'Deny' }).click();
    await expect(page.getByText('Denied', { exact: true })).toBeVisible();
    const denied = await ended;
    expect(denied.code).toBe(6);
    expect(denied.stderr).toContain('error[access-denied]: The sign-in was denied in the browser.');
  });
});
