import { expect, test } from '@playwright/test';
import { sendToken, signIn, type VisitedHub, visitHub } from '../support/hub-visitor';

/** Who is signed in sees more; with a script and without. */

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish(
    'secret',
    [{ message: 'feat: hidden', files: { 'README.md': '# Hidden\n', 'a.txt': 'a\n' } }],
    ['--private'],
  );
});
test.afterAll(async () => {
  await visited?.dispose();
});

/** A page's bytes without what differs between any two answers. */
async function plain(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(at(path));
  const body = (await response.text())
    .replaceAll(path, 'PATH')
    .replaceAll(encodeURI(path).replaceAll('/', '\\"'), 'PATH')
    .replace(/nonce(=|":|\\":)\\?"[^"\\]*\\?"/g, 'nonce');
  return { status: response.status, body };
}

test('a private repository has the same not-found on every page as one that is not there', async () => {
  const { commits } = JSON.parse(
    await (await visited.hub.fetch(trpc('commit.list', { owner: 'admin', slug: 'secret' }))).text(),
  ).result.data;
  const { id } = commits[0];
  const pages = [
    ...['', '/commits', '/branches', '/pushes', '/tree/main', '/blob/main/README.md'],
    ...[`/commits/${id}`, `/commits/${id}/diff`, `/commits/${id}/record`, '/raw/main/README.md'],
    ...['/tree/main/nope', '/refs'],
  ];
  for (const page of pages) {
    const hidden = await plain(`/admin/secret${page}`);
    const absent = await plain(`/admin/absent${page}`);
    expect(hidden.status, page).toBe(404);
    const names = (text: string) => text.replaceAll('secret', 'X').replaceAll('absent', 'X');
    expect(names(hidden.body), page).toBe(names(absent.body));
    expect(hidden.body).not.toContain('Hidden');
  }
  for (const page of ['/', '/explore', '/admin']) {
    expect((await plain(page)).body, page).not.toContain('secret');
  }
});

const trpc = (procedure: string, input: object) =>
  `/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;

test('a token signs in, shows what is private, and signs out', async ({ page, context }) => {
  await page.goto(at('/login'));
  await sendToken(page, 'muse_pat_wrong');
  await expect(page.getByText('This is not an access token of this hub')).toBeVisible();

  await signIn(page, visited.hub);
  const cookies = await context.cookies();
  const session = cookies.find(({ name }) => name.endsWith('session-token'))!;
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  expect(session.value).not.toContain(visited.hub.adminToken);
  await expect(page.getByText(visited.hub.adminToken)).toHaveCount(0);

  await page.getByRole('link', { name: 'secret' }).click();
  await expect(page.getByRole('heading', { name: 'Hidden' })).toBeVisible();
  await expect(page.getByText('private', { exact: true })).toBeVisible();

  await page.getByLabel('Account admin').click();
  await page.getByRole('link', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
  // The old cookie is worth nothing any more.
  await context.addCookies([session]);
  expect((await page.goto(at('/admin/secret')))?.status()).toBe(404);
  // Neither the token nor the session was written anywhere.
  expect(visited.hub.output).not.toContain(visited.hub.adminToken);
  expect(visited.hub.output).not.toContain(session.value.slice(0, 40));
});

test('signing in leads back to where one came from, and nowhere else', async ({ page }) => {
  await page.goto(at('/login?callbackUrl=/explore'));
  await sendToken(page, visited.hub.adminToken);
  await expect(page).toHaveURL(at('/explore'));
  await page.context().clearCookies();
  await page.goto(at('/login?callbackUrl=https://evil.example/'));
  await sendToken(page, visited.hub.adminToken);
  await expect(page.getByLabel('Account admin')).toBeVisible();
  expect(new URL(page.url()).origin).toBe(visited.hub.url);
});

test('a comment is Markdown: looked at, written, shown without what runs, and counted', async ({
  page,
}) => {
  await signIn(page, visited.hub);
  await page.goto(at('/admin/secret/commits'));
  await page.getByRole('link', { name: 'feat: hidden' }).click();
  const field = page.getByLabel('Your comment');
  await field.fill('First **line**\n<img src=x onerror=alert(1)>\n\nlast');
  await page.getByRole('button', { name: 'Preview' }).click();
  const preview = page.getByRole('region', { name: 'Preview' });
  await expect(preview.getByRole('strong')).toHaveText('line');
  await page.getByRole('button', { name: 'Write' }).click();
  await expect(field).toHaveValue(/^First \*\*line/);
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(preview).toContainText('last');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await expect(page).toHaveURL(/#comment-[0-9a-f-]{36}$/);
  const comment = page.getByRole('listitem').filter({ hasText: 'First line' });
  await expect(comment.getByRole('strong')).toHaveText('line');
  await expect(comment.locator('img')).not.toHaveAttribute('onerror');
  await expect(page.getByRole('heading', { name: 'Comments 1' })).toBeVisible();
});

test('a comment that another site sends is refused', async ({ page, context }) => {
  await signIn(page, visited.hub);
  await page.goto(at('/admin/secret/commits'));
  await page.getByRole('link', { name: 'feat: hidden' }).click();
  const address = `${page.url().split('?')[0]}/comments`;
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  for (const origin of [undefined, 'https://evil.example', 'null']) {
    const response = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        cookie,
        'content-type': 'application/x-www-form-urlencoded',
        ...(origin && { origin }),
      },
      body: 'body=forged',
    });
    expect(response.headers.get('location'), String(origin)).toContain(
      'comment_error=access-denied',
    );
  }
  await page.reload();
  await expect(page.getByText('forged')).toHaveCount(0);
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('one signs in, reads, comments and signs out', async ({ page }) => {
    await signIn(page, visited.hub);
    await page.goto(at('/admin/secret'));
    await expect(page.getByRole('heading', { name: 'Hidden' })).toBeVisible();
    // What needs a script is not there; the way to the branches is a link.
    await expect(page.getByRole('button', { name: /^Copy/ })).toHaveCount(0);
    await page.getByRole('link', { name: 'Branch main' }).click();
    await expect(page).toHaveURL(at('/admin/secret/branches'));
    await page.goto(at('/admin/secret/commits'));
    await page.getByRole('link', { name: 'feat: hidden' }).click();
    await page.getByRole('textbox', { name: 'Your comment' }).fill('without a script');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await expect(page.getByText('without a script').first()).toBeVisible();
    await page.getByRole('link', { name: 'Diff' }).click();
    await expect(page.getByText('# Hidden')).toBeVisible();
    await page.goto(at('/settings/profile'));
    await page.getByLabel('Name to show').fill('Ada of the hub');
    await page.getByRole('button', { name: 'Save the name' }).click();
    await expect(page).toHaveURL(at('/settings/profile'));
    await expect(page.getByLabel('Name to show')).toHaveValue('Ada of the hub');
    await page.getByLabel('Account admin').click();
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
  });
});

test('a session ends with its token', async ({ page }) => {
  const token = JSON.parse(
    await visited.cli([
      'token',
      'create',
      'browser',
      '--scope',
      'read',
      '--hub',
      visited.hub.url,
      '--json',
    ]),
  );
  await page.goto(at('/login'));
  await sendToken(page, token.token);
  await expect(page.getByLabel('Account admin')).toBeVisible();
  await visited.cli(['token', 'revoke', token.id, '--hub', visited.hub.url]);
  await page.goto(at('/'));
  await expect(page.getByRole('link', { name: 'Sign in', exact: true })).toBeVisible();
});
