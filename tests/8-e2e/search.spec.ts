import { expect, type Page, test } from '@playwright/test';
import { eventually } from '../support/eventually';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';

/** A person finds things: by the search, the finder of files, the palette and the keys. */

test.describe.configure({ mode: 'serial' });

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish(
    'notes',
    [
      {
        message: 'feat(wire): stream the push',
        files: { 'README.md': '# Notes\n', 'src/wire/frames.ts': '1\n', 'src/main.ts': '2\n' },
      },
      { message: 'fix(core): mend the walrus', files: { 'src/main.ts': '3\n' } },
      { message: 'docs: say more', files: { 'docs/guide.md': '# Guide\n' } },
    ],
    ['--description', 'Notes of a kind'],
  );
  await visited.publish(
    'hidden',
    [{ message: 'feat: a zebra nobody sees', files: { 'zebra.txt': '1\n' } }],
    ['--private'],
  );
});
test.afterAll(async () => {
  await visited?.dispose();
});

/** The job after the push makes commits findable. */
async function searched(page: Page, text: string, results: number): Promise<void> {
  await eventually(async () => {
    await page.goto(at(`/search?kind=commits&q=${encodeURIComponent(text)}`));
    expect(await page.locator('main [data-rows] > li').count()).toBe(results);
  });
}

test('the search finds repositories and commits, and what is private for its readers only', async ({
  page,
}) => {
  await page.goto(at('/'));
  await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('kind notes');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main').getByRole('link', { name: 'admin/notes' })).toBeVisible();
  await searched(page, 'walrus type:fix', 1);
  await page.getByRole('link', { name: 'fix(core): mend the walrus' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('fix(core): mend the walrus');
  const id = page.url().split('sha256:')[1]!.slice(0, 10);
  await page.goto(at(`/search?q=${id}`));
  await expect(page.getByRole('main').getByText('mend the walrus')).toBeVisible();
  await searched(page, 'zebra', 0);
  await signIn(page, visited.hub);
  await searched(page, 'zebra', 1);
});

test('files are found without a script', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(at('/admin/notes'));
  await page.getByRole('link', { name: 'Find a file' }).click();
  await page.getByLabel('Part of a path').fill('swframe');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main').getByRole('listitem')).toHaveText(['src/wire/frames.ts']);
  await page.goto(at('/search?kind=files&q=repo:admin/notes+guide'));
  await page.getByRole('link', { name: 'docs/guide.md' }).click();
  await expect(page.getByRole('heading', { name: 'Guide', exact: true })).toBeVisible();
  await context.close();
});

test('the finder matches while one types, with paths that are loaded once', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/paths/')) asked.push(request.url());
  });
  await page.goto(at('/admin/notes'));
  await page.keyboard.press('t');
  await expect(page).toHaveURL(at('/admin/notes/find/main'));
  const field = page.getByLabel('Part of a path');
  await expect(field).toBeFocused();
  await field.pressSequentially('main');
  await expect(page.getByRole('main').getByRole('listitem')).toHaveText(['src/main.ts']);
  expect(asked).toEqual([at('/admin/notes/paths/main')]);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(at('/admin/notes/blob/main/src/main.ts'));
  const paths = at('/admin/notes/paths/main');
  const { etag } = (await page.request.get(paths)).headers();
  const again = await page.request.get(paths, { headers: { 'if-none-match': etag! } });
  expect(again.status()).toBe(304);
});

test('the palette goes to pages, branches, files, repositories and commits', async ({ page }) => {
  await page.goto(at('/admin/notes'));
  await page.keyboard.press('ControlOrMeta+k');
  const field = page.getByRole('combobox', { name: 'Go to' });
  await expect(field).toBeFocused();
  await expect(page.getByRole('option', { name: 'Branches' })).toBeVisible();
  await field.fill('walrus');
  const commit = page.getByRole('option', { name: /fix\(core\): mend the walrus/ });
  await expect(commit).toBeVisible();
  await expect(commit).toHaveAttribute('aria-selected', 'true');
  await field.fill('frames');
  await expect(page.getByRole('option', { name: 'src/wire/frames.ts' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(at('/admin/notes/blob/main/src/wire/frames.ts'));
  await expect(async () => {
    await page.keyboard.press('ControlOrMeta+k');
    await expect(field).toBeFocused({ timeout: 1_000 });
  }).toPass();
  await page.keyboard.press('Escape');
  await expect(field).toHaveCount(0);
});

test('keys lead through lists, commits and sections, and not while one types', async ({ page }) => {
  await page.goto(at('/admin/notes/commits'));
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(page.getByRole('link', { name: 'docs: say more' })).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const title = page.getByRole('heading', { level: 1 });
  await expect(title).toHaveText('fix(core): mend the walrus');
  // A page listens to keys a moment after its text is there.
  const press = (key: string, seen: () => Promise<void>) =>
    expect(async () => {
      await page.keyboard.press(key);
      await seen();
    }).toPass();
  await press('n', () => expect(title).toHaveText('docs: say more', { timeout: 5_000 }));
  await press('p', () => expect(title).toHaveText(/mend the walrus/, { timeout: 5_000 }));

  const search = page.getByRole('searchbox', { name: 'Search', exact: true });
  await press('/', () => expect(search).toBeFocused({ timeout: 1_000 }));
  await search.pressSequentially('gbt?');
  await expect(search).toHaveValue('gbt?');
  await expect(page).toHaveURL(/commits/);
  await search.blur();

  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toContainText('Newer commit');
  await expect(keys).toContainText('Find a file');
  await page.keyboard.press('Escape');
  await expect(keys).toHaveCount(0);
  await page.keyboard.press('Alt+g');
  await page.keyboard.press('b');
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await expect(page).toHaveURL(at('/admin/notes/branches'));
});
