import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { musehub } from '../support/cli';
import { makeGitRepository } from '../support/git-story';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';

/** From an invitation to an agent that pushes, and out again. */

let visited: VisitedHub;
const at = (address: string) => `${visited.hub.url}${address}`;
const PASSWORD = 'nine purple giraffes';

test.beforeAll(async () => {
  visited = await visitHub();
});
test.afterAll(async () => {
  await visited?.dispose();
});

async function signInWithPassword(page: Page, handle: string, password: string): Promise<void> {
  await page.goto(at('/login'));
  await page.getByLabel('Handle').fill(handle);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('an admin invites, a person joins and makes an agent, which pushes; both are out at once', async ({
  page: admin,
  browser,
}) => {
  const { hub, home } = visited;
  await signIn(admin, hub);
  await admin.goto(at('/admin/users'));
  await admin.getByLabel('Sign-up is').selectOption('invitation');
  const joining = admin.locator('form').filter({ hasText: 'Sign-up is' });
  await joining.getByLabel('Reason').fill('the team grows');
  await joining.getByRole('button', { name: 'Change' }).click();
  await expect(admin.getByText('Done; it is in the audit log')).toBeVisible();
  await admin.getByRole('link', { name: 'Invitations' }).click();
  await admin.getByLabel('Whom it is for').fill('ada');
  await admin.getByRole('button', { name: 'Make the invitation' }).click();
  const code = (await admin.getByText(/^muse_inv_\w+$/).textContent()) ?? '';

  // The person joins without a script, by the code alone.
  const joined = await browser.newPage({ javaScriptEnabled: false });
  await joined.goto(at('/join'));
  await joined.getByLabel('Code').fill('muse_inv_wrong');
  await joined.getByRole('button', { name: 'Go on' }).click();
  await expect(joined.getByText('This code is none of this hub')).toBeVisible();
  await joined.getByLabel('Code').fill(code);
  await joined.getByRole('button', { name: 'Go on' }).click();
  await joined.getByLabel('Handle').fill('Settings');
  await joined.getByLabel('Password').fill(PASSWORD);
  await joined.getByRole('button', { name: 'Make the account' }).click();
  await expect(joined.getByText('This handle is reserved')).toBeVisible();
  await joined.getByLabel('Handle').fill('ada');
  await joined.getByLabel('Password').fill(PASSWORD);
  await joined.getByRole('button', { name: 'Make the account' }).click();
  await expect(joined.getByLabel('Account ada')).toBeVisible();
  await joined.context().close();

  const ada = await browser.newPage();
  await signInWithPassword(ada, 'ada', 'not the password');
  await expect(ada.getByText('Handle and password do not belong together')).toBeVisible();
  await signInWithPassword(ada, 'ada', PASSWORD);
  await expect(ada.getByLabel('Account ada')).toBeVisible();
  await ada.goto(at('/settings/agents'));
  await ada.getByLabel('Handle').fill('ada-bot');
  await ada.getByRole('button', { name: 'Make the agent' }).click();
  await expect(ada.getByRole('heading', { name: 'ada-bot', exact: true })).toBeVisible();
  await ada.locator('#token-name').fill('ci');
  await ada.getByRole('button', { name: 'Make the token' }).click();
  const token = (await ada.getByText(/^muse_agt_\w+$/).textContent()) ?? '';

  const agent = async (args: string[], cwd = home) => musehub(args, { home, cwd, token });
  const git = path.join(home, 'git');
  const muse = path.join(home, 'muse');
  makeGitRepository(git, [{ message: 'feat: by an agent', files: { 'a.txt': 'a\n' } }]);
  await agent(['import-git', git, '--into', muse]);
  expect(await agent(['repo', 'create', 'work', '--hub', hub.url])).toMatchObject({ code: 0 });
  const pushed = await agent(['push', `${hub.url}/ada-bot/work`, '--all'], muse);
  expect(pushed, pushed.stderr).toMatchObject({ code: 0 });
  await ada.goto(at('/ada-bot'));
  await expect(ada.getByText('of ada', { exact: true })).toBeVisible();
  await expect(ada.getByRole('link', { name: 'work' })).toBeVisible();

  await admin.goto(at('/admin/users?text=ada'));
  const row = admin
    .getByRole('listitem')
    .filter({ has: admin.getByRole('link', { name: /^ada$/ }) });
  await row.first().getByText('Change').click();
  await row.first().locator('form').first().getByLabel('Reason').fill('has left');
  await row.first().getByRole('button', { name: 'Disable' }).click();
  await expect(admin.getByText('Done; it is in the audit log')).toBeVisible();
  await ada.goto(at('/settings/agents'));
  await expect(ada).toHaveURL(/\/login/);
  const after = await agent(['whoami', hub.url]);
  expect(after.stderr).toContain('error[access-denied]');
  await signInWithPassword(ada, 'ada', PASSWORD);
  await expect(ada.getByText('This account is disabled')).toBeVisible();
  await ada.context().close();

  await admin.goto(at('/admin/audit?action=account.disable'));
  await expect(admin.getByText('has left')).toBeVisible();
  for (const secret of [code, PASSWORD, token]) expect(hub.output).not.toContain(secret);
});

test('a reset ends the sessions, and its address sets a new password', async ({
  page: admin,
  browser,
}) => {
  await signIn(admin, visited.hub);
  await admin.goto(at('/admin/users'));
  await admin.getByLabel('Handle', { exact: true }).fill('grace');
  const making = admin.locator('form').filter({ hasText: 'Owner' });
  await making.getByLabel('Reason').fill('joins on Monday');
  await making.getByRole('button', { name: 'Make the account' }).click();
  const row = admin.getByRole('listitem').filter({ hasText: 'grace' });
  await row.getByText('Change').click();
  const reset = row.locator('form').last();
  await reset.getByLabel('Reason').fill('first password');
  await reset.getByRole('button', { name: 'Reset' }).click();
  const address = (await row.getByText(/\/reset#muse_inv_\w+$/).textContent()) ?? '';

  const grace = await browser.newPage();
  await grace.goto(address);
  await expect(grace.getByLabel('Code')).toHaveValue(/^muse_inv_/);
  expect(grace.url()).toBe(at('/reset'));
  await grace.getByLabel('New password').fill(PASSWORD);
  await grace.getByRole('button', { name: 'Set it and sign in' }).click();
  await expect(grace.getByLabel('Account grace')).toBeVisible();
  await grace.goto(at('/settings/profile'));
  await grace.getByLabel('New password').fill('eleven green walruses');
  await grace.getByRole('button', { name: 'Change the password' }).click();
  await expect(grace.getByText('The password is set.')).toBeVisible();
  await grace.goto(address);
  await grace.getByLabel('New password').fill(PASSWORD);
  await grace.getByRole('button', { name: 'Set it and sign in' }).click();
  await expect(grace.getByText('This code is none of this hub')).toBeVisible();
  await grace.context().close();
});
