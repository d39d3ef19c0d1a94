import { expect, test } from '@playwright/test';
import { musehub } from '../support/cli';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';

/** A person reads a repository in the browser, from the front page to a line of a file. */

test.describe.configure({ mode: 'serial' });

let visited: VisitedHub;
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
});
test.afterAll(async () => {
  await visited?.dispose();
});

test('a fresh hub says what to do', async ({ page }) => {
  await page.goto(at('/'));
  await expect(page.getByText('No public repository yet')).toBeVisible();
  await expect(page.getByText(`musehub login ${visited.hub.url}`)).toBeVisible();
  await page.getByRole('link', { name: 'Explore' }).click();
  await expect(page.getByRole('heading', { name: 'Explore' })).toBeVisible();
});

test('the lines that an empty repository shows work as they stand', async ({ page }) => {
  await visited.cli(['repo', 'create', 'fresh', '--hub', visited.hub.url]);
  await page.goto(at('/admin/fresh'));
  await expect(page.getByRole('heading', { name: 'This repository is empty' })).toBeVisible();
  const lines = await page.getByRole('main').locator('code').allTextContents();
  const push = lines.find((line) => line.startsWith('musehub push '))!;
  const imports = lines.find((line) => line.startsWith('musehub import-git '))!;
  const login = lines.find((line) => line.startsWith('musehub login '))!;
  expect(login).toBe(`musehub login ${visited.hub.url}`);

  const { makeGitRepository } = await import('../support/git-story');
  makeGitRepository(`${visited.home}/path/to/git-repository`, [
    { message: 'feat: begin', files: { 'README.md': '# Fresh\n' } },
  ]);
  const run = (line: string, cwd: string) => visited.cli(line.split(' ').slice(1), cwd);
  await run(imports, visited.home);
  await run(push, `${visited.home}/my-repository`);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Fresh', exact: true })).toBeVisible();
});

test('a repository shows its files, its README and how to get it', async ({ page }) => {
  await visited.publish(
    'notes',
    [
      {
        message: 'docs: begin',
        files: {
          'README.md': '# Notes\n\nSee [the guide](docs/guide.md).\n',
          'docs/guide.md': '# Guide\n',
          'src/stream.ts': 'export const a = 1;\nexport const b = 2;\n',
        },
      },
      { message: 'fix(core): mend it', files: { 'src/stream.ts': 'export const a = 3;\n' } },
      {
        message:
          'feat(wire)!: streaming push\n\nFirst paragraph\nof two lines.\n\nSecond paragraph.',
        files: { 'src/push.ts': 'let x = 1;\n', 'docs/guide.md': '# Guide\n\nMore.\n' },
        branch: 'feat/streaming-push',
      },
    ],
    ['--description', 'Notes of a kind'],
  );
  await page.goto(at('/'));
  await page.getByRole('link', { name: 'admin/notes' }).click();
  await expect(page).toHaveTitle('admin/notes · musehub');
  await expect(page.getByText('Notes of a kind')).toBeVisible();
  await expect(page.getByText('public', { exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: '2 commits' })).toBeVisible();
  await expect(page.getByRole('link', { name: '2 branches' })).toBeVisible();
  const clone = `musehub clone ${visited.hub.url}/admin/notes`;
  await expect(page.getByText(clone)).toBeVisible();
  await page.getByRole('link', { name: 'the guide' }).click();
  await expect(page).toHaveURL(at('/admin/notes/blob/main/docs/guide.md'));
  await expect(page.getByRole('heading', { name: 'Guide', exact: true })).toBeVisible();
});

test('a file has lines that can be linked to', async ({ page }) => {
  await page.goto(at('/admin/notes'));
  await page.getByRole('link', { name: 'src (folder)' }).click();
  await page.getByRole('link', { name: 'stream.ts' }).click();
  const lines = page.getByRole('region', { name: 'stream.ts' });
  await expect(lines).toContainText('export const a = 3;');
  await lines.locator('a[data-line="1"]').click();
  await expect(page).toHaveURL(/stream\.ts#L1$/);
  await expect(page.locator('#L1 .tk-keyword').first()).toHaveText(/export/);
  const raw = await page.request.get(at('/admin/notes/raw/main/src/stream.ts'));
  expect(await raw.text()).toBe('export const a = 3;\n');
  expect(raw.headers()['content-security-policy']).toBe("default-src 'none'; sandbox");
});

test('a branch is chosen from a list that is loaded when it is opened', async ({ page }) => {
  await page.goto(at('/admin/notes'));
  await page.locator('summary', { hasText: 'main' }).click();
  await page.getByLabel('Find a branch').fill('STREAM');
  await page.getByRole('link', { name: 'feat/streaming-push' }).click();
  await expect(page).toHaveURL(at('/admin/notes/tree/feat/streaming-push'));
  await page.getByRole('link', { name: 'History' }).click();
  await expect(page.getByText('1 commit that main does not have')).toBeVisible();
});

test('a commit shows where it stands, what it says and what it is', async ({ page }) => {
  await page.goto(at('/admin/notes/commits?branch=feat%2Fstreaming-push'));
  await page.getByRole('link', { name: 'feat(wire)!: streaming push' }).click();
  const main = page.getByRole('main');
  await expect(page.getByLabel('Repository', { exact: true })).toContainText(
    /admin\/notes\s*public/,
  );
  const article = main.locator('article');
  // biome-ignore lint/performance/useDomNodeTextContent: as a reader sees it, with its spaces
  const text = (await article.innerText()).replace(/\s+/g, ' ');
  expect(text).toMatch(
    /^feat BREAKING wire feat\/streaming-push #1 \/ 1 ada \d+ days ago Apr 16, 2026 Diff/,
  );
  await expect(article.locator('time')).toHaveAttribute('title', 'Apr 16, 2026, 12:02:00 UTC');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('feat(wire)!: streaming push');
  await expect(article.locator('p', { hasText: 'First paragraph' })).toHaveText(
    'First paragraph\nof two lines.',
  );
  await expect(article.locator('p', { hasText: 'Second paragraph.' })).toBeVisible();
  const ids = await article.locator('code').allTextContents();
  expect(ids).toEqual([
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  ]);
  expect(text).toContain(`${ids[0]} sha`);
  expect(text).toContain(`${ids[1]} snapshot`);
  await expect(main.getByText('Oldest on feat/streaming-push')).toBeVisible();
  await expect(main.getByText('Latest on feat/streaming-push')).toBeVisible();
  await expect(
    main.getByText('No comments yet. Be the first to start the discussion.'),
  ).toBeVisible();
  await expect(
    main.getByText(`muse hub commit comment ${ids[0]} --body "your comment"`),
  ).toBeVisible();
  await expect(main.getByText('2 files changed')).toBeVisible();
  await expect(main.getByText('Pushed by')).toBeVisible();
  await main.getByRole('link', { name: 'Browse files here' }).click();
  await expect(page).toHaveURL(at(`/admin/notes/tree/${ids[0]}`));
});

test('one goes from commit to commit, and to all of them', async ({ page }) => {
  await page.goto(at('/admin/notes/commits'));
  await page.getByRole('link', { name: 'fix(core): mend it' }).click();
  await expect(page.getByText('#1 / 2')).toBeVisible();
  await expect(page.getByText('Latest on main')).toBeVisible();
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('docs: begin');
  await expect(page.getByText('#2 / 2')).toBeVisible();
  await expect(page.getByText('Oldest on main')).toBeVisible();
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('fix(core): mend it');
  await page.getByRole('link', { name: 'All commits' }).click();
  await expect(page).toHaveURL(at('/admin/notes/commits?branch=main'));
});

test('a difference shows the lines that changed', async ({ page }) => {
  await page.goto(at('/admin/notes/commits'));
  await page.getByRole('link', { name: 'fix(core): mend it' }).click();
  await page.getByRole('link', { name: 'Diff' }).click();
  const lines = page.getByRole('region', { name: 'Difference of src/stream.ts' });
  await expect(lines.locator('[data-kind="removed"] code')).toHaveText([
    'export const a = 1;',
    'export const b = 2;',
  ]);
  await expect(lines.locator('[data-kind="added"] code')).toHaveText(['export const a = 3;']);
});

test('a long history goes by pages and days, down and up', async ({ page }) => {
  const day = Date.parse('2026-03-01T08:00:00Z') / 1000;
  const commits = Array.from({ length: 65 }, (_, n) => ({
    message: `chore: number ${n + 1}`,
    files: { 'n.txt': `${n}` },
    at: day + n * 6 * 3600,
  }));
  await visited.publish('long', commits);
  await page.goto(at('/admin/long/commits'));
  await expect(page.getByText('1 to 30 of 65')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Commits on Mar 17, 2026' })).toBeVisible();
  await page.getByRole('link', { name: 'Older' }).click();
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page.getByText('61 to 65 of 65')).toBeVisible();
  await expect(page.getByRole('link', { name: 'chore: number 1', exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Newer' }).click();
  await expect(page.getByText('31 to 60 of 65')).toBeVisible();
  await page.getByLabel('Text in the message').fill('number 64');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByRole('link', { name: 'chore: number 64' })).toBeVisible();
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1);
});

test('branches and pushes are listed, refused pushes to those who may push', async ({ page }) => {
  await page.goto(at('/admin/notes/branches'));
  const rows = page.getByRole('main').getByRole('listitem');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('main');
  await expect(rows.nth(0)).toContainText('default');
  await expect(rows.nth(1)).toContainText('1 ahead · 0 behind');

  const muse = `${visited.home}/muse/long`;
  const refused = await musehub(['push', `${visited.hub.url}/admin/notes`, 'main'], {
    home: visited.home,
    cwd: muse,
    token: visited.hub.adminToken,
  });
  expect(refused.code).not.toBe(0);
  await page.goto(at('/admin/notes/pushes'));
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(2);
  await expect(page.getByText('non-fast-forward')).toHaveCount(0);
  await signIn(page, visited.hub);
  await page.goto(at('/admin/notes/pushes'));
  await expect(page.getByRole('main').getByRole('listitem').first()).toContainText(
    'non-fast-forward',
  );
});

test('what is not there is one page with status 404', async ({ page }) => {
  for (const path of [
    '/nobody',
    '/admin/nothing',
    '/admin/notes/tree/nope',
    '/admin/notes/blob/main/nope.txt',
    '/admin/notes/commits/0000',
    `/admin/notes/commits/sha256:${'0'.repeat(64)}`,
    `/admin/notes/commits/${'0'.repeat(64)}/diff`,
    '/admin/notes/commits?branch=nope',
    `/${'x'.repeat(60)}/y`,
  ]) {
    const response = await page.goto(at(path));
    expect(response?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  }
  expect((await page.goto(at('/admin/notes/tree/%E0%A4%A')))?.status()).toBe(400);
});
