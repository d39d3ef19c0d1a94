import { expect, type Page, test } from '@playwright/test';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';
import { commitOf, framesOf, type PushWish } from '../support/push-script';
import { RawPush } from '../support/raw-push';

/** A person watches pushes come in, looks through them, and mends a branch by hand. */

test.describe.configure({ mode: 'serial' });

let visited: VisitedHub;
const REPO = 'admin/songs';
const at = (path: string) => `${visited.hub.url}/${REPO}${path}`;
const root = commitOf({ files: { 'README.md': '# Songs\n' }, message: 'docs: begin' });
const good = commitOf({ files: { a: 'good' }, parents: [root], message: 'feat: good' });
const bad = commitOf({ files: { a: 'bad' }, parents: [root], message: 'feat: bad' });

async function push(wish: PushWish): Promise<string> {
  const { ending } = await new RawPush(visited.hub, REPO).finish(...framesOf(wish));
  if (ending.type !== 'R') throw new Error(JSON.stringify(ending));
  return ending.pushId;
}

/** Set in a page that must not be loaded again. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { sameAsBefore: true }));
const isMarked = (page: Page) => page.evaluate(() => 'sameAsBefore' in window);

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.cli(['repo', 'create', 'songs', '--hub', visited.hub.url]);
  await push({ commits: [root, good] });
});
test.afterAll(async () => {
  await visited?.dispose();
});

test('a push under way is watched, in the list and on its own page, up to its end', async ({
  page,
  context,
}) => {
  const songs = Array.from({ length: 6 }, (_, n) => [`song-${n}.txt`, `song ${n}\n`]);
  const commit = commitOf({ files: Object.fromEntries(songs), message: 'feat: six songs' });
  const [header, one, two, three, ...rest] = framesOf({ branch: 'six', commits: [commit] });
  await signIn(page, visited.hub);
  await page.goto(at('/pushes'));
  await expect(page.getByRole('link', { name: 'Push 1' })).toBeVisible();
  await mark(page);

  const slow = new RawPush(visited.hub, REPO);
  await slow.send(header!, one!);
  const underWay = page.getByRole('region', { name: 'Under way' });
  await expect(underWay.getByRole('listitem')).toContainText('receiving');
  await expect(underWay).toContainText('1 object');
  await slow.send(two!, three!);
  await expect(underWay).toContainText('3 objects');

  const own = await context.newPage();
  await own.goto(at('/pushes'));
  await own.getByRole('region', { name: 'Under way' }).getByRole('link').first().click();
  await expect(own.getByRole('main')).toContainText('under way');
  await mark(own);

  await slow.finish(...rest);
  await expect(page.getByRole('link', { name: 'Push 2' })).toBeVisible();
  await expect(underWay).toHaveCount(0);
  await expect(own.getByRole('heading', { name: 'Push #2' })).toBeVisible();
  await expect(own.getByRole('main')).toContainText('feat: six songs');
  expect([await isMarked(page), await isMarked(own)]).toEqual([true, true]);
});

test('who may only read sees a new push come in, and nothing of it before', async ({ page }) => {
  await page.goto(at('/pushes'));
  await mark(page);
  const commit = commitOf({ files: { b: 'b' }, message: 'feat: more' });
  const [header, ...rest] = framesOf({ branch: 'more', commits: [commit] });
  const slow = new RawPush(visited.hub, REPO);
  await slow.send(header!);
  await slow.until(({ frames }) => frames.length > 0);
  await expect(page.getByText('receiving')).toHaveCount(0);
  await slow.finish(...rest);
  await expect(page.getByRole('link', { name: 'Push 3' })).toBeVisible();
  expect(await isMarked(page)).toBe(true);
});

test('a branch is put back to where an earlier push left it', async ({ page }) => {
  await push({ commits: [bad], force: true, expectedHead: good.id });
  await signIn(page, visited.hub);
  await page.goto(at('/pushes?kind=force'));
  await page.getByRole('link', { name: 'Push 4' }).click();
  await expect(page.getByRole('heading', { name: 'Push #4' })).toBeVisible();
  await page.getByRole('button', { name: 'Put main back to before this push' }).click();
  await page.getByRole('button', { name: /^Move the branch/ }).click();
  await expect(
    page.getByRole('button', { name: 'Put main back to after this push' }),
  ).toBeVisible();
  await page.goto(at('/pushes'));
  const entry = page.getByRole('listitem').filter({ hasText: 'put back to #4' });
  await expect(entry).toContainText(/#5\s*admin\s*force\s*main/);
  await expect(entry).toContainText('by hand');
  await page.goto(at('/commits'));
  await expect(page.getByRole('link', { name: 'feat: good' })).toBeVisible();
});

test('a branch is deleted after a second click, and brought back', async ({ page }) => {
  await signIn(page, visited.hub);
  await page.goto(at('/branches'));
  await expect(page.getByRole('button', { name: 'Delete main' })).toHaveCount(0);
  await page.getByLabel("Part of a branch's name").fill('SIX');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page).toHaveURL(at('/branches?q=SIX'));
  await page.getByRole('button', { name: 'Delete six' }).click();
  await page.getByRole('button', { name: /^Delete it/ }).click();
  await expect(page.getByText('No such branch')).toBeVisible();
  await page.getByRole('link', { name: 'Deleted', exact: true }).click();
  await page.getByRole('button', { name: 'Put six back to before this push' }).click();
  await page.getByRole('button', { name: /^Bring it back/ }).click();
  await expect(page.getByText('No deleted branches')).toBeVisible();
  await page.goto(at('/branches'));
  await expect(page.getByRole('link', { name: 'six', exact: true })).toBeVisible();
});

test('the history is narrowed and taken along without a script', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(at('/pushes'));
  await page.getByLabel('Branch', { exact: true }).fill('six');
  await page.getByLabel('Kind').selectOption('create');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/branch=six&.*kind=create/);
  await expect(page.getByRole('main').getByRole('list').getByRole('listitem')).toHaveCount(2);
  const address = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
  const csv = await context.request.get(`${visited.hub.url}${address}`);
  const rows = (await csv.text()).trim().split('\r\n');
  expect(rows).toHaveLength(3);
  expect(rows[1]).toContain(',accepted,create,six,');
  await page.getByRole('link', { name: 'Push 2' }).click();
  await expect(page.getByRole('main')).toContainText('feat: six songs');
  await context.close();
});
