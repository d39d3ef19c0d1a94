/**
 * What the keys of a page do. A key leads where an element on the page says so with `data-key`
 * (`t`, `g b` …); lists of rows carry `data-rows`. So a page has the keys that it has links for, and
 * the dialog under `?` names these.
 */

/** How long `g` waits for its letter. */
const SECOND_KEY_MAX_MS = 1_500;
let first: { key: 'g'; atMs: number } | null = null;

export function press(key: string): void {
  const second = first !== null && performance.now() - first.atMs < SECOND_KEY_MAX_MS;
  first = null;
  if (key === 'palette') return void openPalette();
  if (second) return void follow(`[data-key="g ${CSS.escape(key)}"]`);
  if (key === 'g') first = { key, atMs: performance.now() };
  else if (key === '?') showHelp();
  else if (key === '/') focusSearch();
  else if (key === 'j' || key === 'k') moveInRows(key === 'j' ? 1 : -1);
  else if (key === 'n') follow('main a[rel="next"]');
  else if (key === 'p') follow('main a[rel="prev"]');
  else if (key === 't') follow('[data-key="t"]') || findInDefault();
}

/** Follows the first link of these that is there; says whether there was one. */
function follow(selector: string): boolean {
  const link = document.querySelector<HTMLAnchorElement>(selector);
  link?.click();
  return link !== null;
}

/** Without a link of its own, a page of a repository finds in the default branch. */
function findInDefault(): void {
  const { owner, slug, branch } = document.getElementById('repository')?.dataset ?? {};
  if (!owner || !slug || !branch) return;
  const ref = branch.split('/').map(encodeURIComponent).join('/');
  location.assign(`/${encodeURIComponent(owner)}/${encodeURIComponent(slug)}/find/${ref}`);
}

function focusSearch(): void {
  const field = document.getElementById('site-search');
  if (field instanceof HTMLInputElement && field.checkVisibility()) {
    field.focus();
    field.select();
  } else {
    follow('[data-key="/"]');
  }
}

/** From row to row; Enter follows the link that has the focus, as everywhere. */
function moveInRows(step: 1 | -1): void {
  const links = [...document.querySelectorAll('[data-rows] > li')]
    .map((row) => row.querySelector<HTMLAnchorElement>('a[href]'))
    .filter((link) => link !== null);
  const active = document.activeElement?.closest('[data-rows] > li')?.querySelector('a[href]');
  const at = links.indexOf(active as HTMLAnchorElement);
  const next = links[at < 0 ? (step === 1 ? 0 : links.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function openPalette(): void {
  import('./palette').then(
    ({ openPalette: open }) => open(),
    () => focusSearch(),
  );
}

const ALWAYS: [keys: string[], does: string][] = [
  [['Ctrl', 'K'], 'Go to a repository, branch, file, page or commit'],
  [['/'], 'Search'],
  [['?'], 'These keys'],
];

function showHelp(): void {
  if (document.querySelector('dialog[open]')) return;
  const rows: [string[], string][] = [...ALWAYS];
  const repository = document.getElementById('repository');
  if (repository?.dataset.branch) rows.push([['t'], 'Find a file']);
  if (document.querySelector('[data-rows] > li a[href]')) {
    rows.push([['j'], 'Next row, Enter opens it'], [['k'], 'Row before']);
  }
  const isCommit = document.querySelector('nav[aria-label="Commits of the branch"]') !== null;
  const steps: [key: string, rel: string, name: string][] = [
    ['n', 'next', isCommit ? 'Newer commit' : 'Next page'],
    ['p', 'prev', isCommit ? 'Older commit' : 'Page before'],
  ];
  for (const [key, rel, name] of steps) {
    if (document.querySelector(`main a[rel="${rel}"]`)) rows.push([[key], name]);
  }
  for (const link of document.querySelectorAll<HTMLElement>('[data-key^="g "]')) {
    rows.push([link.dataset.key!.split(' '), nameOf(link)]);
  }
  const dialog = element('dialog', 'key-dialog');
  dialog.setAttribute('aria-labelledby', 'keys-title');
  const title = element('h2', 'px-4 pt-4 pb-2 font-semibold text-base', 'Keys');
  title.id = 'keys-title';
  const list = element('dl', 'grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1.5 px-4 pb-4');
  for (const [keys, does] of rows) {
    const term = element('dt', 'flex justify-end gap-1');
    for (const key of keys) term.append(element('kbd', 'key-cap', key));
    list.append(term, element('dd', '', does));
  }
  const form = element('form', 'border-line border-t px-4 py-3 text-right');
  form.setAttribute('method', 'dialog');
  form.append(element('button', 'link cursor-pointer', 'Close'));
  dialog.append(title, list, form);
  showDialog(dialog);
}

/** What a link is called, without the count beside it. */
function nameOf(link: HTMLElement): string {
  if (link.dataset.key === 'g h') return 'Home';
  const texts = [...link.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
  return texts
    .map((node) => node.textContent)
    .join('')
    .trim();
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  text?: string,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Shows a dialog until it is closed, by Escape or a press beside it too. */
export function showDialog(dialog: HTMLDialogElement): void {
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
