'use client';

import { useEffect } from 'react';
import { contextLine, gapButtons, gapOf, rowsHtml } from './diff-rows';
import { LAYOUT_COOKIE } from './layout-cookie';

const A_YEAR_SECONDS = 365 * 24 * 60 * 60;
const VIEWED_KEY = 'musehub-viewed';
const VIEWED_MAX = 1_000;

/**
 * What a script adds to a page of differences: the layout is remembered, hidden lines are loaded into
 * the page, and files are ticked off as viewed. The rows are no elements of React's, so one listener
 * serves them all.
 */
export function DiffTools() {
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const target = event.target as Element;
      const tick = target.closest('[data-viewed]');
      if (tick) setViewed(tick, tick.getAttribute('aria-pressed') !== 'true');
      const layout = target.closest<HTMLElement>('[data-choose-layout]')?.dataset.chooseLayout;
      if (layout) remember(layout);
      const expand = target.closest<HTMLAnchorElement>('a.diff-expand');
      const plain = !event.metaKey && !event.ctrlKey && !event.shiftKey;
      if (expand && plain) {
        event.preventDefault();
        void show(expand);
      }
    };
    document.addEventListener('click', onClick);
    const viewed = new Set(readViewed());
    for (const tick of document.querySelectorAll('[data-viewed]')) {
      const isViewed = viewed.has(fileOf(tick).dataset.diffFile!);
      if (isViewed) showViewed(tick, true);
    }
    return () => {
      document.removeEventListener('click', onClick);
    };
  }, []);
  return null;
}

/** Closes every file, or opens them all when none is open. */
export function FoldAll() {
  const fold = () => {
    const files = [...document.querySelectorAll<HTMLDetailsElement>('[data-diff-file]')];
    const open = files.some((file) => file.open);
    for (const file of files) file.open = !open;
  };
  return (
    <button
      className="needs-script cursor-pointer rounded-md border border-line px-2.5 py-1 text-muted leading-5 hover:text-ink"
      onClick={fold}
      type="button"
    >
      Fold all
    </button>
  );
}

function remember(layout: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: no other way to set one works everywhere
  document.cookie = `${LAYOUT_COOKIE}=${layout}; Path=/; Max-Age=${A_YEAR_SECONDS}; SameSite=Lax${secure}`;
}

const fileOf = (tick: Element): HTMLDetailsElement =>
  tick.closest('[id^="diff-"]')!.querySelector('details')!;

/** Files are known by what they hold before and after: one that changes again is not viewed. */
function readViewed(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(VIEWED_KEY) ?? '[]');
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch {
    return []; // not ours, or storage is off: nothing was viewed
  }
}

function showViewed(tick: Element, viewed: boolean): void {
  tick.setAttribute('aria-pressed', String(viewed));
  fileOf(tick).open = !viewed;
}

function setViewed(tick: Element, viewed: boolean): void {
  showViewed(tick, viewed);
  const key = fileOf(tick).dataset.diffFile!;
  const others = readViewed().filter((each) => each !== key);
  const all = viewed ? [...others, key] : others;
  try {
    localStorage.setItem(VIEWED_KEY, JSON.stringify(all.slice(-VIEWED_MAX)));
  } catch {
    // Storage is full or off: the tick lasts as long as the page.
  }
}

/** Loads the lines that a button stands for into the page; follows it as a link when that fails. */
async function show(button: HTMLAnchorElement): Promise<void> {
  const row = button.closest<HTMLElement>('[data-gap]')!;
  const section = button.closest<HTMLElement>('[data-source]')!;
  if (row.getAttribute('aria-busy') === 'true') return;
  row.setAttribute('aria-busy', 'true');
  const range = { from: Number(button.dataset.from), to: Number(button.dataset.to) };
  const input = { ...JSON.parse(section.dataset.source!), ...range };
  try {
    const query = encodeURIComponent(JSON.stringify(input));
    const answer = await fetch(`/api/trpc/compare.lines?input=${query}`);
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    const lines: string[] = (await answer.json()).result.data;
    put(row, section, button.dataset.way!, range, lines);
  } catch {
    location.assign(button.href);
  } finally {
    row.removeAttribute('aria-busy');
  }
}

function put(
  row: HTMLElement,
  section: HTMLElement,
  way: string,
  { from, to }: { from: number; to: number },
  lines: string[],
): void {
  const gap = gapOf(row.dataset.gap!);
  const layout = section.dataset.layout === 'split' ? 'split' : 'unified';
  const rows = rowsHtml(
    lines.map((html, index) => contextLine(html, from + index, gap.offset)),
    layout,
  );
  row.insertAdjacentHTML(way === 'up' ? 'afterend' : 'beforebegin', rows);
  if (way === 'all') {
    row.remove();
    section.focus();
    return;
  }
  const rest =
    way === 'up' ? { ...gap, to: from - 1, below: true } : { ...gap, from: to + 1, above: true };
  const whole = row.querySelector('a')!.getAttribute('href')!;
  row.dataset.gap = `${rest.from} ${rest.to} ${rest.offset} ${Number(rest.above)} ${Number(rest.below)}`;
  for (const link of row.querySelectorAll('a')) link.remove();
  row.insertAdjacentHTML('beforeend', gapButtons(rest, whole.replaceAll('&', '&amp;')));
  row.querySelector<HTMLElement>(`[data-way="${way}"], a`)?.focus();
}
