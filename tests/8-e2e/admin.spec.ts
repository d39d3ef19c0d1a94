import fs from 'node:fs';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import pg from 'pg';
import { musehub } from '../support/cli';
import { makeGitRepository } from '../support/git-story';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';
import { commitOf, framesOf } from '../support/push-script';
import { RawPush } from '../support/raw-push';

/** A token from its making to its end, by its owner and by an admin, and what is noted of it. */

let visited: VisitedHub;
const at = (address: string) => `${visited.hub.url}${address}`;
const heads = async (): Promise<Record<string, string>> =>
  (await (await visited.hub.fetch('/admin/demo/refs')).json()).branch_heads;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.cli(['repo', 'create', 'demo', '--hub', visited.hub.url]);
});
test.afterAll(async () => {
  await visited?.dispose();
});

async function makeToken(page: Page, name: string): Promise<string> {
  await page.goto(at('/settings/tokens'));
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('only these').check();
  await page.getByLabel('Names of the repositories').fill('admin/demo');
  await page.getByRole('button', { name: 'Make the token' }).click();
  return (await page.getByText(/^muse_pat_\w+$/).textContent()) ?? '';
}

async function ask(procedure: string, input: object): Promise<void> {
  const answer = await visited.hub.fetch(`/api/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  if (!answer.ok) throw new Error(`${procedure}: ${answer.status} ${await answer.text()}`);
}

/** The clock of a hub cannot be turned; its rows can. */
async function makeLongAgo(tokenName: string): Promise<void> {
  const url = fs.readFileSync(path.join(visited.hub.dataFolder, 'database-url'), 'utf8').trim();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query(
    `UPDATE access_tokens SET created_at = now() - interval '100 days' WHERE name = $1`,
    [tokenName],
  );
  await client.end();
  expect(rowCount).toBe(1);
}

test('a token that is revoked in the browser ends the push that runs with it', async ({ page }) => {
  const { hub, home } = visited;
  await signIn(page, hub);
  const token = await makeToken(page, 'build machine');

  const git = path.join(home, 'git');
  makeGitRepository(git, [{ message: 'feat: begin', files: { 'README.md': '# demo\n' } }]);
  const muse = path.join(home, 'muse');
  await visited.cli(['import-git', git, '--into', muse]);
  const push = ['push', at('/admin/demo'), '--all'];
  expect(await musehub(push, { home, cwd: muse, token })).toMatchObject({ code: 0 });
  await page.reload();
  const row = page.getByRole('listitem').filter({ hasText: 'build machine' });
  await expect(row).toContainText(/last used just now from 127\.0\.0\.1 by musehub\//);

  const before = await heads();
  const [first, ...rest] = framesOf({
    commits: [commitOf({ files: { 'a.txt': 'slow\n' } })],
    branch: 'slow',
  });
  const slow = new RawPush(hub, 'admin/demo', { token });
  await slow.send(first!);
  await slow.until(({ frames }) => frames.length > 0);
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByRole('button', { name: /^Revoke for good/ }).click();
  await expect(row).toHaveCount(0);
  await slow.finish(...rest);
  expect(slow.ending).toMatchObject({ type: 'X', code: 'token-revoked' });
  expect(await heads()).toEqual(before);
});

test('an admin ends a stale token of an agent, says why, and reads who did what', async ({
  page,
}) => {
  const { hub, home } = visited;
  await signIn(page, hub);
  await ask('agent.create', { handle: 'robot' });
  const wanted = { handle: 'robot', name: 'stale token', scopes: ['write'] };
  await ask('agent.createToken', { ...wanted, repositories: null, branchPattern: null, days: 365 });
  await makeLongAgo('stale token');

  await page.goto(at('/'));
  await page.getByLabel('Account admin').click();
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('navigation', { name: 'Administration' }).getByText('Tokens').click();
  await page.getByLabel('Human or agent').selectOption('agent');
  await page.getByLabel('State').selectOption('unused');
  await page.getByRole('button', { name: 'Filter' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'stale token' });
  await expect(row).toContainText('robot');
  await expect(row).toContainText('unused for 90 days');
  await expect(page.getByRole('listitem').filter({ hasText: 'first start' })).toHaveCount(0);
  await row.getByRole('checkbox').check();
  await page.getByLabel('Reason').fill('nobody knows this robot');
  await page.getByRole('button', { name: 'Revoke the chosen tokens' }).click();
  await expect(page.getByRole('status')).toContainText('Done');
  await expect(row).toHaveCount(0);

  await page.getByRole('status').getByRole('link', { name: 'audit log' }).click();
  await page.getByLabel('Act', { exact: true }).selectOption('token.revoke');
  await page.getByRole('button', { name: 'Filter' }).click();
  const act = page.getByRole('listitem').filter({ hasText: 'nobody knows this robot' });
  await expect(act).toContainText('admin');
  await expect(act).toContainText('stale token');
  await expect(act).toContainText('127.0.0.1');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'JSON lines' }).click();
  const file = path.join(home, 'audit.jsonl');
  await (await download).saveAs(file);
  const lines = fs.readFileSync(file, 'utf8').trim().split('\n');
  const acts = lines.map((line) => JSON.parse(line) as { reason: string; action: string });
  expect(new Set(acts.map(({ action }) => action))).toEqual(new Set(['token.revoke']));
  expect(acts.map(({ reason }) => reason)).toContain('nobody knows this robot');
});

test('the admin area is not there for others', async ({ page }) => {
  for (const address of ['/admin/users', '/admin/tokens', '/admin/audit']) {
    const answer = await page.goto(at(address));
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  }
});
