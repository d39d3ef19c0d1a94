import { expect, test } from '@playwright/test';
import { type VisitedHub, visitHub } from '../support/hub-visitor';

/** A person compares two branches and looks closely at what differs. */

test.describe.configure({ mode: 'serial' });

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;
const lines = (count: number, change: (n: number) => string = (n) => `line ${n};`) =>
  Array.from({ length: count }, (_, n) => `${change(n + 1)}\n`).join('');

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish('apart', [
    {
      message: 'feat: begin',
      files: {
        'src/long.ts': lines(200),
        'old/name.txt': lines(30),
        'spaces.ts': 'if (a) {\n  b();\n}\n',
      },
    },
    { message: 'fix: only on main', files: { 'main.txt': 'main\n' } },
    {
      message: 'feat: on the side',
      files: {
        'src/long.ts': lines(200, (n) => (n === 100 ? 'changed line 100;' : `line ${n};`)),
        'old/name.txt': null,
        'new/name.txt': lines(30),
        'spaces.ts': 'if (a) {\n\tb();\n}\n',
      },
      branch: 'feat/side',
    },
  ]);
});
test.afterAll(async () => {
  await visited?.dispose();
});

test('two branches are compared, side by side, with more lines when asked', async ({ page }) => {
  await page.goto(at('/admin/apart/branches'));
  await page.getByRole('link', { name: '1 ahead · 0 behind' }).click();
  await expect(page).toHaveURL(at('/admin/apart/compare/main...feat/side'));
  const main = page.getByRole('main');
  await expect(main.getByRole('link', { name: 'feat: on the side' })).toBeVisible();
  await expect(main.getByText('3 files changed')).toBeVisible();
  await expect(main.getByText('Renamed; nothing in it changed.')).toBeVisible();

  const long = page.getByRole('region', { name: 'Difference of src/long.ts' });
  await expect(long.locator('[data-kind="added"] mark')).toHaveText('changed ');
  await expect(long.locator('[data-kind="context"]')).toHaveCount(6);
  await long.getByRole('link', { name: 'Show 30 lines above' }).click();
  await expect(long.locator('[data-kind="context"]')).toHaveCount(36);
  await expect(long.locator('.diff-row', { hasText: 'line 67;' })).toBeVisible();
  await expect(page).toHaveURL(at('/admin/apart/compare/main...feat/side'));

  await page.getByRole('link', { name: 'Split' }).click();
  const pair = long.locator('.diff-pair', { hasText: 'changed line 100;' });
  await expect(pair.locator('[data-kind="removed"] code')).toHaveText('line 100;');
  await expect(pair.locator('[data-kind="added"] code')).toHaveText('changed line 100;');
  await long.getByRole('link', { name: 'Show 30 lines below' }).last().click();
  await expect(long.locator('.diff-pair', { hasText: 'line 133;' })).toBeVisible();

  await page.getByRole('link', { name: 'Hide white space' }).click();
  await expect(page.getByText('No line differs.')).toBeVisible();
  // The layout is remembered; the address no longer has to say it.
  await page.goto(at('/admin/apart/compare/main...feat/side'));
  await expect(long.locator('.diff-pair').first()).toBeVisible();

  const card = page.locator('[id^="diff-"]', { hasText: 'spaces.ts' });
  await card.getByRole('button', { name: 'Viewed' }).click();
  await expect(card.getByRole('region')).toBeHidden();
  await page.reload();
  await expect(card.getByRole('button', { name: 'Viewed', pressed: true })).toBeVisible();
  await expect(card.getByRole('region')).toBeHidden();
});

test('it can be swapped, chosen anew, and compared as it is', async ({ page }) => {
  await page.goto(at('/admin/apart/compare'));
  await page.getByLabel('Compared with it').fill('feat/side');
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page).toHaveURL(at('/admin/apart/compare/main...feat/side'));
  await page.getByRole('link', { name: 'Swap' }).click();
  await expect(page.getByText('Nothing new')).toBeVisible();
  await page.getByRole('link', { name: 'As they are' }).click();
  await expect(page).toHaveURL(at('/admin/apart/compare/feat/side..main'));
  await expect(page.getByText('3 files changed')).toBeVisible();
  await page.goto(at('/admin/apart/compare/main...main'));
  await expect(page.getByText('Both are the same commit.')).toBeVisible();
  for (const path of ['main...nope', 'nope..main', 'main', `main...${'0'.repeat(64)}`]) {
    expect((await page.goto(at(`/admin/apart/compare/${path}`)))?.status(), path).toBe(404);
  }
});

test('all of it works without scripts', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(at('/admin/apart/compare/main...feat/side?view=split'));
  const long = page.getByRole('region', { name: 'Difference of src/long.ts' });
  await expect(long.locator('.diff-pair').first()).toBeVisible();
  await long.getByRole('link', { name: 'Show 30 lines above' }).click();
  await expect(page).toHaveURL(/view=split&.*context=all/);
  await expect(long.locator('.diff-pair')).toHaveCount(200);
  await page.getByRole('link', { name: 'All changed files' }).click();
  await page.getByRole('link', { name: 'Unified' }).click();
  await expect(long.locator('.diff-row').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Viewed' })).toHaveCount(0);
  await context.close();
});
