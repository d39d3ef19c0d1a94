import fs from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page, test } from '@playwright/test';
import { signIn, type VisitedHub, visitHub } from '../support/hub-visitor';
import { shortPiece } from '../support/midi-bytes';

/**
 * Every page, with contents made to do harm: nothing runs, nothing is asked of anyone else, the
 * policy holds; and everyone can read it, at any width, in either colour scheme.
 */

const XSS = '"><img src=x onerror=window.hurt=1><script>window.hurt=2</script>';
/** For admins of the hub; to others they are not there. */
const ADMIN_PAGES = [
  ...['tokens', 'repositories', 'pushes', 'jobs', 'storage', 'audit', 'policy', 'configuration'],
].map((name) => `/admin/${name}`);
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const ODD_BRANCH = `odd/${'branch-with-a-long-name-'.repeat(5)}<img-src=x-onerror=alert(1)>`;

let visited: VisitedHub;
let commit: string;
let pages: string[];
const at = (path: string) => `${visited.hub.url}${path}`;

test.beforeAll(async () => {
  visited = await visitHub();
  await visited.publish(
    'hostile',
    [
      {
        message: `feat(${XSS}): ${XSS}\n\n${XSS}\n\n<script>window.hurt=3</script>`,
        author: `mallory ${XSS}`,
        files: {
          'README.md': `# ${XSS}\n\n[x](javascript:window.hurt=4) ![y](https://evil.example/p.png)\n\n<svg onload="window.hurt=5"></svg>\n\n| a | b |\n|---|---|\n| ${XSS} | 1 |\n\n\`\`\`html\n${XSS}\n\`\`\`\n`,
          "a'b<img src=x onerror=window.hurt=6>.txt": XSS,
          'code.html': `<!doctype html><script>window.hurt=7</script>\n${'x'.repeat(3000)}`,
          'picture.svg': '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hurt=8"/>',
          'song.mid': shortPiece([60, 62, 64], `${XSS} ${'long'.repeat(30)}`),
          'table.csv': `a,${'b,'.repeat(60)}\n"${XSS.replaceAll('"', '""')}",${'unbroken'.repeat(90)}\n`,
          'noise.bin': Buffer.from([0, 255, 1]),
          'empty.txt': '',
          'deep/er/still/a-file-with-a-name-that-is-long-enough-to-be-in-the-way-on-a-small-screen.md':
            '# Deep\n',
        },
      },
      {
        message: `fix: ${'word '.repeat(40)}${'unbroken'.repeat(30)}`,
        files: {
          'code.html': `<p>${XSS}</p>`,
          'noise.bin': Buffer.from([0, 1]),
          'song.mid': shortPiece(),
        },
        branch: ODD_BRANCH,
      },
    ],
    ['--description', XSS],
  );
  await visited.cli(['repo', 'create', 'bare', '--hub', visited.hub.url]);
  const input = encodeURIComponent(JSON.stringify({ owner: 'admin', slug: 'hostile' }));
  const answer = await visited.hub.fetch(`/api/trpc/commit.list?input=${input}`);
  commit = (await answer.json()).result.data.commits[0].id;
  const post = (path: string, body: unknown) =>
    visited.hub.fetch(`/admin/hostile/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    });
  const { branch_heads } = await (await visited.hub.fetch('/admin/hostile/refs')).json();
  const commit_id = branch_heads.main;
  const tag = { tag_id: 'hostile', commit_id, tag: XSS.replaceAll('/', '|') };
  expect((await post('tags', { tags: [tag] })).status).toBe(200);
  const release = { tag: 'v1.0.0', commit_id, title: XSS, body: `# ${XSS}\n\n[x](javascript:1)` };
  expect((await post('releases', release)).status).toBe(201);
  for (const id of [commit, commit_id]) {
    const said = await post(`commits/${id}/comments`, {
      body: `# ${XSS}\n\n${XSS} [x](javascript:1)`,
    });
    expect(said.status).toBe(201);
  }
  const pushes = await visited.hub.fetch(`/api/trpc/push.list?input=${input}`);
  const push = (await pushes.json()).result.data.pushes[0].id;
  const repo = '/admin/hostile';
  const asked = await fetch(at('/api/device'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': XSS },
    body: JSON.stringify({ name: XSS }),
  });
  const { user_code: code } = await asked.json();
  const call = async (name: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    expect((await visited.hub.fetch(`/api/trpc/${name}`, sent)).status, name).toBe(200);
  };
  await call('agent.create', { handle: 'odd-agent', displayName: XSS });
  await call('agent.createToken', { handle: 'odd-agent', name: XSS, scopes: ['read'] });
  await call('admin.users.invite', { note: XSS, usesMax: 1, days: 1 });
  pages = [
    ...['/settings/profile', '/settings/agents', '/settings/agents/odd-agent', '/odd-agent'],
    ...['/admin/users', '/admin/users/invitations', '/join', '/reset'],
    `/join?error=${encodeURIComponent(XSS)}&handle=${encodeURIComponent(XSS)}`,
    `/reset?error=${encodeURIComponent(XSS)}`,
    `/admin/users?text=${encodeURIComponent(XSS)}`,
    `/settings/profile?error=${encodeURIComponent(XSS)}`,
    ...['/', '/docs/api', '/explore', '/login', '/admin', '/admin/bare', '/nothing/here'],
    ...['', '/tree/main', '/tree/main/deep/er/still', '/blob/main/README.md'].map((p) => repo + p),
    ...['/blob/main/README.md?plain=1', '/blob/main/code.html', '/blob/main/picture.svg'].map(
      (p) => repo + p,
    ),
    `${repo}/blob/main/${encodeURIComponent("a'b<img src=x onerror=window.hurt=6>.txt")}`,
    `${repo}/blob/main/table.csv`,
    ...['/blob/main/noise.bin', '/blob/main/empty.txt', '/commits', '/branches', '/pushes'].map(
      (p) => repo + p,
    ),
    ...['/tags', '/releases', '/releases/v1.0.0', '/releases/new', '/releases/v1.0.0/edit'].map(
      (p) => repo + p,
    ),
    `${repo}/commits?q=${encodeURIComponent(XSS)}`,
    `${repo}/commits?branch=odd/${encodeURIComponent(XSS)}`,
    `${repo}/commits/${commit}`,
    `${repo}/commits/${commit}?comment_error=${encodeURIComponent(XSS)}&branch=${encodeURIComponent(XSS)}`,
    `${repo}/commits/${commit}/diff`,
    `${repo}/blob/main/song.mid`,
    `${repo}/commits/${commit}/diff?view=split&w=1`,
    `${repo}/branches?show=deleted&q=${encodeURIComponent(XSS)}`,
    `${repo}/pushes?branch=${encodeURIComponent(XSS)}&from=${encodeURIComponent(XSS)}`,
    `${repo}/pushes/${push}/view`,
    '/errors',
    `${repo}/compare`,
    `${repo}/compare/main...${encodeURIComponent(ODD_BRANCH).replaceAll('%2F', '/')}`,
    `${repo}/find/main`,
    `${repo}/find/main?q=${encodeURIComponent(XSS)}`,
    ...['repositories', 'commits', 'files'].map(
      (kind) => `/search?kind=${kind}&q=${encodeURIComponent(`${XSS} repo:admin/hostile`)}`,
    ),
    '/search?kind=commits&q=word',
    ...['/settings/keys', '/device', `/device?code=${code}&error=${encodeURIComponent(XSS)}`],
    `/login?error=${encodeURIComponent(XSS)}&callbackUrl=${encodeURIComponent(`javascript:${XSS}`)}`,
  ];
});
test.afterAll(async () => {
  await visited?.dispose();
});

/** What a page did that it must not do. */
function watch(page: Page): string[] {
  const wrong: string[] = [];
  page.on('dialog', (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`error ${error.message}`));
  page.on('console', (message) => {
    const expected = /status of 404/.test(message.text());
    if (message.type() === 'error' && !expected) wrong.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== visited.hub.url && protocol !== 'data:') wrong.push(`asked ${request.url()}`);
  });
  return wrong;
}

test('no page runs what users wrote, nor asks anyone else', async ({ page }) => {
  const wrong = watch(page);
  await signIn(page, visited.hub);
  for (const path of [...pages, '/']) {
    await page.goto(at(path), { waitUntil: 'networkidle' });
    expect(await page.evaluate('window.hurt'), path).toBeUndefined();
    expect(wrong, path).toEqual([]);
  }
});

test('raw files run nothing, and pictures that could are downloaded', async ({ page }) => {
  const wrong = watch(page);
  for (const file of ['code.html', 'picture.svg', 'noise.bin']) {
    const download = page.waitForEvent('download');
    await page.goto(at(`/admin/hostile/raw/main/${file}`)).catch((error: Error) => {
      // Chromium ends the navigation when the answer is a download.
      expect(error.message).toMatch(/Download is starting|ERR_ABORTED/);
    });
    expect((await download).suggestedFilename()).toBe(file);
  }
  await page.goto(at('/admin/hostile/raw/main/README.md'));
  expect(await page.evaluate('window.hurt')).toBeUndefined();
  expect(wrong.filter((line) => !line.includes('sandbox'))).toEqual([]);
});

test('every page has a policy of its own, without loopholes', async () => {
  const nonces = new Set<string>();
  for (const path of pages) {
    const response = await fetch(at(path));
    const policy = response.headers.get('content-security-policy') ?? '';
    const html = await response.text();
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(nonce.length, path).toBeGreaterThanOrEqual(22);
    expect(nonces.has(nonce), path).toBe(false);
    nonces.add(nonce);
    expect(policy).not.toMatch(/unsafe-(inline|eval)|\*|https?:/);
    expect(policy).toMatch(/default-src 'none'.*object-src 'none'/);
    for (const [, attributes] of html.matchAll(/<script\b([^>]*)>/g)) {
      expect(attributes, path).toContain(`nonce="${nonce}"`);
    }
    expect(html, path).not.toMatch(/<[^>]+\sstyle="/);
  }
  // The reader does not choose the nonce.
  const chosen = "script-src 'nonce-chosenbyme'";
  const response = await fetch(at('/'), { headers: { 'content-security-policy': chosen } });
  expect(response.headers.get('content-security-policy')).not.toContain('chosenbyme');
  expect(await response.text()).not.toContain('chosenbyme');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`every page can be read by everyone, ${scheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme: scheme });
    const page = await context.newPage();
    await signIn(page, visited.hub);
    for (const path of [...pages, ...ADMIN_PAGES]) {
      await page.goto(at(path));
      await page.evaluate(AXE);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: {
            run(
              root: Document,
              options: object,
            ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
          };
        };
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        const result = await axe.run(document, { runOnly: tags });
        return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      });
      expect(violations, path).toEqual([]);
    }
    await context.close();
  });
}

test('no page is wider than a small screen', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  await signIn(page, visited.hub);
  for (const path of [...pages, ...ADMIN_PAGES]) {
    await page.goto(at(path));
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width, path).toBeLessThanOrEqual(320);
  }
  await context.close();
});

test('the colour scheme is the system’s, or the one that was chosen, from the first byte', async ({
  browser,
}) => {
  const context = await browser.newContext({ colorScheme: 'dark' });
  const page = await context.newPage();
  await page.goto(at('/'));
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const dark = await ground();
  await page.getByRole('button', { name: 'Colour scheme: system' }).click();
  expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
  const light = await ground();
  expect(light).not.toBe(dark);
  const html = await (await page.request.get(at('/'))).text();
  expect(html).toMatch(/^<!DOCTYPE html><html[^>]* data-theme="light"/);
  await page.goto(at('/explore'));
  expect(await ground()).toBe(light);
  await page.getByRole('button', { name: 'Colour scheme: light' }).click();
  expect(await ground()).toBe(dark);
  await page.getByRole('button', { name: 'Colour scheme: dark' }).click();
  await page.reload();
  expect(await page.locator('html').getAttribute('data-theme')).toBeNull();
  await context.close();
});

test('an id is copied whole', async ({ browser }) => {
  const context = await browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  await page.goto(at(`/admin/hostile/commits/${commit}`));
  await page.getByRole('button', { name: 'Copy the sha id' }).click();
  await expect(page.getByText('Copied')).toBeAttached();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(commit);
  await context.close();
});

test('the keyboard reaches the content first and sees the absolute time', async ({ page }) => {
  await page.goto(at(`/admin/hostile/commits/${commit}`));
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();
  const time = page.locator('article time');
  await time.focus();
  const shown = await time.evaluate((element) => getComputedStyle(element, '::after').content);
  expect(shown).toContain('UTC');
});
