import fs from 'node:fs';
import http from 'node:http';
import type { Browser } from '@playwright/test';
import type { Hub } from '~tests/support/hub';

export interface PageTime {
  /** To the first byte of the answer, and to its last; milliseconds. */
  ttfbMs: number;
  wholeMs: number;
}

/** How long the hub takes for a page; throws when it answers anything but 200. */
export function timeOf(hub: Hub, address: string): Promise<PageTime> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const headers = { accept: 'text/html', authorization: `Bearer ${hub.adminToken}` };
    http
      .get(`${hub.url}${address}`, { agent: false, headers }, (answer) => {
        let ttfbMs = 0;
        answer.on('data', () => {
          ttfbMs ||= performance.now() - begin;
        });
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve({ ttfbMs, wholeMs: performance.now() - begin });
          else reject(new Error(`${address} answered ${answer.statusCode}`));
        });
      })
      .on('error', reject);
  });
}

export function percentile(times: PageTime[], part: number, of: keyof PageTime): number {
  const sorted = times.map((time) => time[of]).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

/** Time on the processors that a process has taken, in steps of 10 ms; null where it cannot be told. */
export function cpuMsOf(pid: number): number | null {
  const file = `/proc/${pid}/stat`;
  if (!fs.existsSync(file)) return null;
  // After the name, which may hold anything; utime and stime are the 14th and 15th value of all.
  const [, rest = ''] = fs.readFileSync(file, 'utf8').split(/\) (?=[A-Z])/);
  const [user, system] = rest.split(' ').slice(11, 13).map(Number) as [number, number];
  return (user + system) * 10;
}

/** What a page costs its reader: a browser without a cache. */
export async function figuresInBrowser(
  browser: Browser,
  hub: Hub,
  address: string,
): Promise<{ lcpMs: number; cls: number; scriptBytes: number; thirdParty: number }> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    const scripts = new Set<string>();
    let scriptBytes = 0;
    let thirdParty = 0;
    session.on('Network.responseReceived', ({ requestId, type, response }) => {
      if (!response.url.startsWith(hub.url) && /^https?:/.test(response.url)) thirdParty++;
      if (type === 'Script') scripts.add(requestId);
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) scriptBytes += encodedDataLength;
    });
    await page.addInitScript(() => {
      const seen = { lcpMs: 0, cls: 0 };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.lcpMs = entry.startTime;
      }).observe({ type: 'largest-contentful-paint', buffered: true });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
          if (!shift.hadRecentInput) seen.cls += shift.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${hub.url}${address}`, { waitUntil: 'networkidle' });
    const seen = await page.evaluate(
      () => (window as unknown as { seen: { lcpMs: number; cls: number } }).seen,
    );
    return { ...seen, scriptBytes, thirdParty };
  } finally {
    await context.close();
  }
}
