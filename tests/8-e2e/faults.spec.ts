import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type VisitedHub, visitHub } from '../support/hub-visitor';

/** What a person sees when the hub cannot give a page, and how to go on. */

let visited: VisitedHub;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish('notes', [
    { message: 'feat: begin', files: { 'a.txt': 'one line of it\n', 'b.txt': 'another\n' } },
  ]);
});
test.afterAll(async () => {
  await visited?.dispose();
});

test('a page that fails says so, leads on, and comes when it is asked for again', async ({
  page,
}) => {
  const segments = path.join(visited.hub.dataFolder, 'objects', 'segments');
  fs.renameSync(segments, `${segments}-away`);
  const answer = await page.goto(`${visited.hub.url}/admin/notes/blob/main/a.txt`);
  expect(answer?.status()).toBe(500);
  await expect(
    page.getByRole('heading', { name: 'Something went wrong in the hub' }),
  ).toBeVisible();
  const repository = page.getByRole('main').getByRole('link', { name: 'To the repository' });
  await expect(repository).toHaveAttribute('href', '/admin/notes');

  fs.renameSync(`${segments}-away`, segments);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('one line of it')).toBeVisible();
});
