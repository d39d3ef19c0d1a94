import fs from 'node:fs';
import { decode } from '@msgpack/msgpack';
import { expect, test } from '@playwright/test';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';

/** A person names commits, publishes a version and talks about it; programs read the same. */

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish('songs', [
    {
      message: 'feat(notes): begin',
      files: { 'README.md': '# Songs\n', 'songs.csv': 'name,bpm\n"Blue, in green",58\n' },
    },
    { message: 'fix!: another key', files: { 'README.md': '# Songs in A minor\n' } },
  ]);
});
test.afterAll(async () => {
  await visited?.dispose();
});

/** As the public CLI asks. */
async function asCli(path: string): Promise<Record<string, Record<string, unknown>[]>> {
  const answer = await fetch(at(path), {
    headers: { accept: 'application/x-msgpack, application/json' },
  });
  expect(answer.headers.get('content-type')).toBe('application/x-msgpack');
  return decode(await answer.arrayBuffer()) as Record<string, Record<string, unknown>[]>;
}

test('a tag is put on a commit, browsed, read by a program and removed', async ({ page }) => {
  await signIn(page, visited.hub);
  await page.goto(at('/admin/songs/tags'));
  await expect(page.getByText('No tags yet')).toBeVisible();
  await page.getByLabel('Tag', { exact: true }).fill('key:A minor');
  await page.getByRole('button', { name: 'Tag it' }).click();
  const row = page.getByRole('listitem').filter({ hasText: 'key:A minor' });
  await expect(row).toContainText('fix!: another key');
  const { tags } = await asCli('/admin/songs/tags');
  expect(tags).toMatchObject([{ tag: 'key:A minor' }]);

  await page.goto(at('/admin/songs/tree/key:A minor'));
  await expect(page.getByRole('heading', { name: 'Songs in A minor' })).toBeVisible();
  await page.goto(at('/admin/songs/commits'));
  await page.getByRole('link', { name: 'tag key:A minor' }).click();
  await row.getByRole('button', { name: /^Remove/ }).click();
  await row.getByRole('button', { name: /^Remove it/ }).click();
  await expect(row).toHaveCount(0);
  expect((await asCli('/admin/songs/tags')).tags).toEqual([]);
});

test('a release is drafted, published, read by a program and deleted', async ({ page }) => {
  await signIn(page, visited.hub);
  await page.goto(at('/admin/songs/releases'));
  await page.getByRole('link', { name: 'New release' }).click();
  await page.getByLabel('Version').fill('v1.0.0-beta.1');
  await page.getByLabel('Title').fill('The first take');
  await page.getByLabel('Notes').fill('Now **in A minor**.');
  await page.getByLabel('a draft').check();
  await page.getByRole('button', { name: 'Make the release' }).click();
  await expect(page.getByRole('heading', { name: 'The first take' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Breaking changes' })).toBeVisible();
  expect((await asCli('/admin/songs/releases')).releases).toEqual([]);

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByLabel('a draft').uncheck();
  await page.getByRole('button', { name: 'Save the release' }).click();
  await expect(page.getByText('beta', { exact: true })).toBeVisible();
  expect((await asCli('/admin/songs/releases?channel=beta')).releases).toMatchObject([
    {
      ...{ tag: 'v1.0.0-beta.1', title: 'The first take', is_draft: false },
      changelog: [{ message: 'fix!: another key' }, { message: 'feat(notes): begin' }],
    },
  ]);

  await page.getByRole('button', { name: /^Delete/ }).click();
  await page.getByRole('button', { name: /^Delete for good/ }).click();
  await expect(page.getByText('No releases yet')).toBeVisible();
});

test('a comment is edited and deleted without a script', async ({ page, browser }) => {
  await signIn(page, visited.hub);
  const cookies = await page.context().cookies();
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(cookies);
  const plain = await context.newPage();
  await plain.goto(at('/admin/songs/commits'));
  await plain.getByRole('link', { name: 'fix!: another key' }).click();
  await plain.getByLabel('Your comment').fill('Which key?');
  await plain.getByRole('button', { name: 'Comment', exact: true }).click();
  const comment = plain.getByRole('listitem').filter({ hasText: 'Which key?' });
  await comment.getByText('Edit', { exact: true }).click();
  await comment.getByLabel('Change the comment').fill('Which key is it?');
  await comment.getByRole('button', { name: 'Save' }).click();
  const edited = plain.getByRole('listitem').filter({ hasText: 'Which key is it?' });
  await expect(edited).toContainText('edited just now');
  await edited.getByText('Delete', { exact: true }).click();
  await edited.getByRole('button', { name: 'Delete the comment for good' }).click();
  await expect(plain.getByText('No comments yet.')).toBeVisible();
  await context.close();
});

test('a table is read, all files taken along and a tag set and removed, without a script', async ({
  page,
  browser,
}) => {
  await signIn(page, visited.hub);
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(await page.context().cookies());
  const plain = await context.newPage();
  await plain.goto(at('/admin/songs/blob/main/songs.csv'));
  await expect(plain.getByRole('columnheader', { name: 'bpm' })).toBeVisible();
  await expect(plain.getByRole('row', { name: /Blue, in green/ })).toContainText('58');
  await plain.getByRole('link', { name: 'Plain text' }).click();
  await expect(plain.getByText('"Blue, in green",58')).toBeVisible();

  await plain.goto(at('/admin/songs'));
  await plain.getByText('Download', { exact: true }).click();
  const download = plain.waitForEvent('download');
  await plain.getByRole('link', { name: 'Files as .zip' }).click();
  expect((await download).suggestedFilename()).toBe('songs-main.zip');
  expect(fs.readFileSync(await (await download).path()).toString('latin1')).toMatch(
    /^PK.*songs-main\/README\.md.*songs-main\/songs\.csv/s,
  );

  await plain.goto(at('/admin/songs/tags'));
  await plain.getByLabel('Tag', { exact: true }).fill('mood:blue');
  await plain.getByLabel('Commit', { exact: true }).fill('nowhere');
  await plain.getByRole('button', { name: 'Tag it' }).click();
  await expect(plain.getByRole('alert')).toContainText('no such branch');
  await plain.getByLabel('Tag', { exact: true }).fill('mood:blue');
  await plain.getByRole('button', { name: 'Tag it' }).click();
  const row = plain.getByRole('listitem').filter({ hasText: 'mood:blue' });
  await expect(row).toContainText('fix!: another key');
  await row.locator('summary').click();
  await row.getByRole('button', { name: 'Remove the tag mood:blue' }).click();
  await expect(plain.getByText('No tags yet')).toBeVisible();
  await context.close();
});
