import { expect, type Page, test } from '@playwright/test';
import { GithubSite } from '../support/github-site';
import { sendToken, signIn, type VisitedHub, visitHub } from '../support/hub-visitor';
import { OidcProvider } from '../support/oidc-provider';

/** People come in by the sign-in of another site: a real OpenID provider, as small as can be. */

let visited: VisitedHub;
let provider: OidcProvider;
let github: GithubSite;
const at = (path: string) => `${visited.hub.url}${path}`;
const byOther = (page: Page, verb: string) =>
  page.getByRole('button', { name: `${verb} Example ID`, exact: true }).click();

test.beforeAll(async () => {
  provider = await OidcProvider.start();
  github = await GithubSite.start();
  visited = await visitHub({ env: { ...provider.env, ...github.env } });
});
test.afterAll(async () => {
  await visited?.dispose();
  await provider?.stop();
  await github?.stop();
});
test.beforeEach(() => {
  provider.spoil = 'nothing';
});

const setSignUp = async (signUp: 'open' | 'closed') => {
  const answer = await visited.hub.fetch('/api/trpc/admin.users.setSignUp', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ signUp, reason: 'for the test' }),
  });
  expect(answer.status).toBe(200);
};

test('who has no account here is told that nobody can join', async ({ page }) => {
  await page.goto(at('/login'));
  await byOther(page, 'Sign in with');
  await expect(page.getByText('Nobody can join this hub by himself')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
});

test('a sign-in is linked to the account that is signed in, and signs it in from then on', async ({
  page,
  browser,
}) => {
  provider.person = { sub: 'of-admin', preferred_username: 'boss', name: 'The Boss' };
  await signIn(page, visited.hub);
  await page.goto(at('/settings/profile'));
  await byOther(page, 'Link');
  await expect(page).toHaveURL(at('/settings/profile'));
  await expect(page.getByText('as boss, linked just now')).toBeVisible();

  const other = await browser.newPage({ javaScriptEnabled: false });
  await other.goto(at('/login?callbackUrl=/settings/sessions'));
  await byOther(other, 'Sign in with');
  await expect(other).toHaveURL(at('/settings/sessions'));
  await expect(other.getByLabel('Account admin')).toBeVisible();
  await other.close();

  // The only way in stays, until there is a password.
  await page.getByRole('button', { name: 'Unlink Example ID' }).click();
  await page.getByRole('button', { name: 'Unlink it: Unlink Example ID' }).click();
  await expect(page.getByText('This is the only way you sign in')).toBeVisible();
});

for (const spoil of ['state', 'nonce', 'signature', 'audience', 'denied'] as const) {
  test(`a sign-in is refused when the provider answers with a wrong one: ${spoil}`, async ({
    page,
  }) => {
    provider.person = { sub: 'of-admin', preferred_username: 'boss', name: 'The Boss' };
    provider.spoil = spoil;
    await page.goto(at('/login'));
    await byOther(page, 'Sign in with');
    await expect(page.getByText('The sign-in at the other site did not succeed')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
    // The page that says so is one to begin anew on.
    provider.spoil = 'nothing';
    await byOther(page, 'Sign in with');
    await expect(page.getByLabel('Account admin')).toBeVisible();
  });
}

test('where everybody may join, an account is made, and no secret is written anywhere', async ({
  page,
}) => {
  await setSignUp('open');
  provider.person = { sub: 'of-grace', preferred_username: 'admin', name: 'Grace Hopper' };
  await page.goto(at('/login'));
  await page.getByRole('link', { name: 'Make an account' }).click();
  await byOther(page, 'Join with');
  await expect(page.getByLabel('Account admin-2')).toBeVisible();
  await page.goto(at('/admin-2'));
  await expect(page.getByRole('heading', { name: 'Grace Hopper' })).toBeVisible();
  await setSignUp('closed');
  expect(visited.hub.output).not.toContain(provider.clientSecret);
  expect(visited.hub.output).not.toMatch(/[?&]code=[0-9a-f]{32}/);
  // An account that has another way in is not taken over.
  await page.context().clearCookies();
  await page.goto(at('/login'));
  await sendToken(page, visited.hub.adminToken);
  await page.goto(at('/settings/profile'));
  await byOther(page, 'Link');
  await expect(page.getByText('This sign-in belongs to another account here')).toBeVisible();
});

test('an account of GitHub is known by its number, whatever it is called', async ({ page }) => {
  await setSignUp('open');
  await page.goto(at('/login'));
  await page.getByRole('button', { name: 'Sign in with GitHub' }).click();
  await expect(page.getByLabel('Account mona')).toBeVisible();
  await setSignUp('closed');
  await page.context().clearCookies();
  github.user = { id: 7, login: 'renamed', name: 'Mona' };
  await page.goto(at('/login'));
  await page.getByRole('button', { name: 'Sign in with GitHub' }).click();
  await expect(page.getByLabel('Account mona')).toBeVisible();
  await page.context().clearCookies();
  github.user = { id: 8, login: 'mona', name: 'Another' };
  await page.goto(at('/login'));
  await page.getByRole('button', { name: 'Sign in with GitHub' }).click();
  await expect(page.getByText('Nobody can join this hub by himself')).toBeVisible();
});
