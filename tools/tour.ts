import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from '@playwright/test';
import { signIn, type VisitedHub, visitHub } from '../tests/support/hub-visitor';
import { fixture, fixtureNames } from '../tests/support/muse-fixtures';
import { projectFolder } from './build-steps.mjs';

/**
 * `npm run tour [-- --into folder] [--only part-of-an-address]`: takes a picture of every page there
 * is, in both colour schemes, on a wide and a narrow screen, and of `index.html` to look at them all.
 *
 * The pages are found below src/app. One whose address has parameters needs a sample here, so that a
 * new page cannot be forgotten.
 */

const { values } = parseArgs({
  options: {
    into: { type: 'string', default: path.join(projectFolder, '.tour') },
    only: { type: 'string', default: '' },
  },
});

const SCREENS = [
  { name: 'wide', viewport: { width: 1280, height: 900 } },
  { name: 'narrow', viewport: { width: 360, height: 740 } },
];
const SCHEMES = ['light', 'dark'] as const;
/** What lies below is more of the same. */
const HEIGHT_MAX = 2_400;

const MISSION = '/admin/musehub';
const HOSTILE = '/admin/hostile';
const BRANCH = 'feat/streaming-push';

interface Seen {
  /** The commit that all of the commit page can be seen on. */
  mission: string;
  hostile: string;
  pushId: string;
  fixture: string;
}

/** Addresses of the pages with parameters, and of those without that show more with a question. */
const SAMPLES: Record<string, (seen: Seen) => string[]> = {
  '/[owner]': () => ['/admin', '/nobody-of-this-name'],
  '/[owner]/[slug]': ({ fixture: repo }) => [MISSION, '/admin/empty', HOSTILE, repo],
  '/[owner]/[slug]/blob/[...path]': () => [
    `${MISSION}/blob/main/src/push.ts`,
    `${MISSION}/blob/main/docs/limits.csv`,
    `${HOSTILE}/blob/main/README.md`,
    `${HOSTILE}/blob/main/noise.bin`,
  ],
  '/[owner]/[slug]/branches': () => [`${MISSION}/branches`, `${HOSTILE}/branches`],
  '/[owner]/[slug]/commits': ({ fixture: repo }) => [
    `${repo}/commits`,
    `${MISSION}/commits?branch=${encodeURIComponent(BRANCH)}`,
    `${HOSTILE}/commits`,
    `${MISSION}/commits?author=nobody`,
  ],
  '/[owner]/[slug]/commits/[commit_id]': ({ mission, hostile }) => [
    `${MISSION}/commits/${mission}`,
    `${HOSTILE}/commits/${hostile}`,
  ],
  '/[owner]/[slug]/commits/[commit_id]/diff': ({ mission, hostile }) => [
    `${MISSION}/commits/${mission}/diff`,
    `${MISSION}/commits/${mission}/diff?view=split`,
    `${HOSTILE}/commits/${hostile}/diff`,
  ],
  '/[owner]/[slug]/compare': () => [`${MISSION}/compare`],
  '/[owner]/[slug]/compare/[...refs]': () => [`${MISSION}/compare/main...${BRANCH}`],
  '/[owner]/[slug]/find/[...ref]': () => [`${MISSION}/find/main`, `${MISSION}/find/main?q=push`],
  '/[owner]/[slug]/pushes': () => [`${MISSION}/pushes`, '/admin/empty/pushes'],
  '/[owner]/[slug]/pushes/[pushId]/view': ({ pushId }) => [`${MISSION}/pushes/${pushId}`],
  '/[owner]/[slug]/releases': () => [`${MISSION}/releases`],
  '/[owner]/[slug]/releases/[tag]': () => [`${MISSION}/releases/v1.0.0`],
  '/[owner]/[slug]/releases/[tag]/edit': () => [`${MISSION}/releases/v1.0.0/edit`],
  '/[owner]/[slug]/releases/new': () => [`${MISSION}/releases/new`],
  '/[owner]/[slug]/settings': () => [`${MISSION}/settings`],
  '/[owner]/[slug]/tags': () => [`${MISSION}/tags`],
  '/[owner]/[slug]/tree/[...path]': () => [`${MISSION}/tree/main/src`, `${HOSTILE}/tree/main/deep`],
  '/search': () => ['/search', '/search?kind=commits&q=push', '/search?q=nothing-like-it'],
  '/settings/agents/[handle]': () => ['/settings/agents/no-such-agent'],
};

const XSS = '"><img src=x onerror=window.hurt=1><script>window.hurt=2</script>';

const visited = await visitHub();
try {
  const seen = await fill(visited);
  const addresses = addressesOf(routes(path.join(projectFolder, 'src/app')), seen).filter((one) =>
    one.includes(values.only),
  );
  fs.rmSync(values.into, { recursive: true, force: true });
  fs.mkdirSync(values.into, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? '/usr/bin/chromium',
  });
  const wrong = await takePictures(browser, addresses).finally(() => browser.close());
  fs.writeFileSync(path.join(values.into, 'index.html'), contactSheet(addresses));
  for (const line of wrong) console.error(line);
  console.log(`${addresses.length} pages in ${values.into}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  await visited.dispose();
}

/** The routes of all pages, as their folders are called. */
function routes(folder: string, route = ''): string[] {
  const found: string[] = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'page.tsx') found.push(route === '' ? '/' : route);
    // Folders in round brackets are not in the address.
    const below = /^\(.*\)$/.test(entry.name) ? route : `${route}/${entry.name}`;
    if (entry.isDirectory() && !entry.name.startsWith('_')) {
      found.push(...routes(path.join(folder, entry.name), below));
    }
  }
  return found.sort();
}

function addressesOf(found: string[], seen: Seen): string[] {
  const without = found.filter((route) => route.includes('[') && !SAMPLES[route]);
  if (without.length > 0) {
    throw new Error(`no sample in tools/tour.ts for ${without.join(', ')}`);
  }
  return found.flatMap((route) => SAMPLES[route]?.(seen) ?? [route]);
}

/** Pictures of every page; resolves to what was wrong with some. */
async function takePictures(browser: Browser, addresses: string[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const screen of SCREENS) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ viewport: screen.viewport, colorScheme });
      const page = await context.newPage();
      await signIn(page, visited.hub);
      for (const address of addresses) {
        const answer = await page.goto(visited.hub.url + address, { waitUntil: 'load' });
        const status = answer?.status() ?? 0;
        if (status >= 500) wrong.push(`${address} answered ${status}`);
        const { width, height } = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          height: document.documentElement.scrollHeight,
        }));
        if (width > screen.viewport.width) {
          wrong.push(`${address} is ${width} wide on a screen of ${screen.viewport.width}`);
        }
        await page.screenshot({
          path: path.join(values.into, pictureOf(address, screen.name, colorScheme)),
          fullPage: true,
          animations: 'disabled',
          clip: {
            ...{ x: 0, y: 0, width: screen.viewport.width },
            height: Math.min(HEIGHT_MAX, Math.max(height, screen.viewport.height)),
          },
        });
      }
      await context.close();
    }
  }
  return wrong;
}

function pictureOf(address: string, screen: string, scheme: string): string {
  const name = address
    .replace(/(?:sha256:)?[0-9a-f]{64}/g, 'commit')
    .replace(/[0-9a-f-]{36}/g, 'id')
    .replace(/[^a-z0-9.]+/gi, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 90);
  return `${name || 'home'}.${screen}.${scheme}.png`;
}

function contactSheet(addresses: string[]): string {
  const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  const figures = addresses.map((address) => {
    const pictures = SCREENS.flatMap(({ name }) =>
      SCHEMES.map((scheme) => {
        const file = encodeURIComponent(pictureOf(address, name, scheme));
        return `<a href="${file}"><img class="${name}" loading="lazy" src="${file}" alt="${name}, ${scheme}"></a>`;
      }),
    );
    return `<section><h2>${escaped(address)}</h2>${pictures.join('')}</section>`;
  });
  const style =
    'body{font:14px system-ui;margin:2rem}h2{font:13px monospace}img{border:1px solid #999;margin:0 8px 8px 0;vertical-align:top}.wide{width:480px}.narrow{width:180px}';
  return `<!doctype html><meta charset="utf-8"><title>Tour</title><style>${style}</style>${figures.join('\n')}\n`;
}

/** Repositories that show all there is: fixtures, one made to do harm, an empty one, a commit with everything. */
async function fill({ hub, cli, publish, home }: VisitedHub): Promise<Seen> {
  await publish(
    'musehub',
    [
      {
        message: 'docs: begin',
        author: 'ada',
        files: {
          'README.md':
            '# musehub\n\nA code host for Muse. See [the guide](docs/guide.md).\n\n```ts\nconst a = 1;\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n',
          'docs/guide.md': '# Guide\n\nMore of it.\n',
          'docs/limits.csv':
            'limit,value,unit\n"one object, decoded",10,GiB\nframes in flight,4,\n',
          'src/push.ts': 'export function push(): number {\n  return 1;\n}\n',
          'src/frames.ts': "export const FRAMES = ['H', 'O', 'E'];\n",
        },
      },
      {
        message: 'fix(core): mend what was broken',
        author: 'grace',
        files: { 'src/frames.ts': "export const FRAMES = ['H', 'O', 'C', 'E'];\n" },
      },
      {
        message:
          'feat(wire)!: one stream for a push\n\nObjects, snapshots and commits go over one request, in the order in which the hub can check them.\n\nProgress comes back while it is received; the answer ends with one frame.\n\nBREAKING CHANGE: the push in many requests is gone.',
        author: 'ada',
        files: {
          'src/push.ts':
            'export async function push(stream: AsyncIterable<Uint8Array>): Promise<number> {\n  let bytes = 0;\n  for await (const part of stream) bytes += part.length;\n  return bytes;\n}\n',
          'src/stream.ts': 'export const VERSION = 2;\n',
        },
        branch: BRANCH,
      },
    ],
    ['--description', 'A code host for Muse'],
  );
  await publish('hostile', [
    {
      message: `feat(${XSS}): ${XSS}\n\n${XSS}`,
      author: `mallory ${XSS}`,
      files: {
        'README.md': `# ${XSS}\n\n[x](javascript:window.hurt=4)\n`,
        "a'b<img src=x onerror=window.hurt=6>.txt": XSS,
        'noise.bin': Buffer.from([0, 255, 1]),
        'deep/er/still/a-file-with-a-name-that-is-long-enough-to-be-in-the-way-on-a-small-screen.md':
          '# Deep\n',
      },
    },
    {
      message: `fix: ${'word '.repeat(40)}${'unbroken'.repeat(30)}`,
      files: { 'noise.bin': Buffer.from([0, 1]) },
      branch: `odd/${'branch-with-a-long-name-'.repeat(5)}end`,
    },
  ]);
  await cli(['repo', 'create', 'empty', '--hub', hub.url]);
  for (const name of fixtureNames()) {
    await cli(['repo', 'create', name, '--hub', hub.url]);
    await cli(['push', `${hub.url}/admin/${name}`, '--all'], fixture(name));
  }
  const heads = async (slug: string) =>
    ((await (await hub.fetch(`/admin/${slug}/refs`)).json()) as { branch_heads: Heads })
      .branch_heads;
  const { main, [BRANCH]: mission } = await heads('musehub');
  const post = async (address: string, body: object) => {
    const answer = await hub.fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${await answer.text()}`);
  };
  const release = {
    tag: 'v1.0.0',
    commit_id: main,
    title: 'The first',
    body: '# New\n\nAll of it.',
  };
  await post('/admin/musehub/releases', release);
  const input = encodeURIComponent(JSON.stringify({ owner: 'admin', slug: 'musehub' }));
  const pushes = await (await hub.fetch(`/api/trpc/push.list?input=${input}`)).json();
  fs.rmSync(path.join(home, 'git'), { recursive: true, force: true });
  return {
    mission: mission!,
    hostile: (await heads('hostile')).main!,
    pushId: pushes.result.data.pushes[0].id,
    fixture: fixtureNames().includes('medium') ? '/admin/medium' : MISSION,
  };
}

interface Heads {
  [branch: string]: string;
}
