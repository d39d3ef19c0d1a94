import { expect, test } from '@playwright/test';
import { musehub } from '../support/cli';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';

/** A person manages tokens, sessions and a repository in the browser; the command line feels it. */

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.cli(['repo', 'create', 'demo', '--hub', visited.hub.url]);
});
test.afterAll(async () => {
  await visited?.dispose();
});

test('a token is made narrow, used by the command line, and revoked in two clicks', async ({
  page,
}) => {
  const { hub, home } = visited;
  await signIn(page, hub);
  await page.goto(at('/settings/tokens'));
  await page.getByLabel('Name', { exact: true }).fill('laptop of ada');
  await page.getByLabel('read only').check();
  await page.getByLabel('only these').check();
  await page.getByLabel('Names of the repositories').fill('admin/demo');
  await page.getByRole('button', { name: 'Make the token' }).click();
  await expect(page.getByText('it is not shown again')).toBeVisible();
  const token = (await page.getByText(/^muse_pat_\w+$/).textContent()) ?? '';
  const who = await musehub(['whoami', hub.url], { home, token });
  expect(who.stdout).toContain('admin (human, admin, scopes: read)');

  await page.reload();
  expect(await page.content()).not.toContain(token);
  const row = page.getByRole('listitem').filter({ hasText: 'laptop of ada' });
  await expect(row).toContainText('May read only: admin/demo');
  await expect(row).toContainText(/last used just now from 127\.0\.0\.1 by musehub\//);
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByRole('button', { name: /^Revoke for good/ }).click();
  await expect(row).toHaveCount(0);
  const after = await musehub(['whoami', hub.url], { home, token });
  expect(after.stderr).toContain('error[token-revoked]');
});

test('another browser is signed out at once', async ({ page, browser }) => {
  const other = await (await browser.newContext()).newPage();
  await signIn(other, visited.hub);
  await signIn(page, visited.hub);
  await page.goto(at('/settings/sessions'));
  await page.getByRole('button', { name: /^Sign out \d+ other session/ }).click();
  await page.getByRole('button', { name: /^Sign them out/ }).click();
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1);
  await other.goto(at('/settings/sessions'));
  await expect(other).toHaveURL(/\/login/);
  await other.context().close();
});

test('a repository becomes private, takes a rule, and is deleted by its typed name', async ({
  page,
}) => {
  await signIn(page, visited.hub);
  await page.goto(at('/admin/demo'));
  await page.getByRole('navigation', { name: 'Repository' }).getByText('Settings').click();
  await page.getByRole('radio', { name: /^private/ }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  expect((await fetch(at('/admin/demo'))).status).toBe(404);

  await page.getByLabel('Branches', { exact: true }).fill('release/*');
  await page.getByLabel('only admins may push').check();
  await page.getByRole('button', { name: 'Set the rule' }).click();
  const rule = page.getByRole('listitem').filter({ hasText: 'release/*' });
  await expect(rule).toContainText('admins push');

  const name = page.getByLabel('Type admin/demo to confirm');
  await name.fill('demo');
  await page.getByRole('button', { name: 'Delete this repository' }).click();
  await expect(page.getByText('Type admin/demo to delete it.')).toBeVisible();
  await name.fill('admin/demo');
  await page.getByRole('button', { name: 'Delete this repository' }).click();
  await expect(page).toHaveURL(at('/admin'));
  expect((await page.goto(at('/admin/demo')))?.status()).toBe(404);
});
