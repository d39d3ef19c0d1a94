import { matchPaths } from '~/server/services/match-paths';
import {
  commitAddress,
  fileAddress,
  pathsAddress,
  type RepoName,
  repoAddress,
  searchAddress,
} from './address';
import { element, showDialog } from './keys';

/**
 * The quick palette: one field, and below it the pages, branches, files, repositories and commits
 * that match. A combobox: the focus stays in the field, arrows choose, Enter goes there.
 */

interface Choice {
  text: string;
  /** Small, beside the text. */
  note: string;
  href: string;
}

interface Group {
  name: string;
  choices: Choice[];
}

const PER_GROUP = 6;
const WAIT_MS = 120;
/** Fewer characters would find half of all commits. */
const COMMIT_MIN_CHARACTERS = 3;

export function openPalette(): void {
  if (document.querySelector('dialog[open]')) return;
  new Palette().show();
}

/** Paths of a ref, kept while the page is open. */
const pathsOf = new Map<string, Promise<string[]>>();

class Palette {
  readonly #dialog = element('dialog', 'key-dialog');
  readonly #field = element(
    'input',
    'w-full border-line border-b bg-canvas px-4 py-3 text-base outline-none',
  );
  readonly #list = element('div', 'py-1');
  readonly #status = element('p', 'px-4 py-2 text-muted text-xs');
  readonly #repo: (RepoName & { branch: string | undefined }) | null;
  #options: HTMLElement[] = [];
  #chosen = 0;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const { owner, slug, branch } = document.getElementById('repository')?.dataset ?? {};
    this.#repo = owner && slug ? { owner, slug, branch } : null;
    this.#dialog.setAttribute('aria-label', 'Go to');
    const attributes = {
      ...{ type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-autocomplete': 'list' },
      ...{ 'aria-controls': 'palette-list', 'aria-label': 'Go to', placeholder: 'Go to …' },
      ...{ autocomplete: 'off', spellcheck: 'false', maxlength: '200' },
    };
    for (const [name, value] of Object.entries(attributes)) this.#field.setAttribute(name, value);
    this.#list.id = 'palette-list';
    this.#list.setAttribute('role', 'listbox');
    this.#list.setAttribute('aria-label', 'Where to go');
    this.#status.setAttribute('role', 'status');
    this.#dialog.append(this.#field, this.#list, this.#status);
    this.#field.addEventListener('input', () => this.#onInput());
    this.#field.addEventListener('keydown', (event) => this.#onKey(event));
    this.#list.addEventListener('click', (event) => {
      const option = (event.target as Element).closest<HTMLElement>('[role="option"]');
      if (option) this.#go(option, event.ctrlKey || event.metaKey);
    });
  }

  show(): void {
    showDialog(this.#dialog);
    this.#field.focus();
    this.#draw(this.#atOnce(''), true);
  }

  #onInput(): void {
    clearTimeout(this.#timer);
    const typed = this.#field.value.trim();
    this.#draw(this.#atOnce(typed), false);
    this.#timer = setTimeout(() => void this.#ask(typed), WAIT_MS);
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const count = this.#options.length;
      if (count > 0) this.#choose((this.#chosen + step + count) % count);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const option = this.#options[this.#chosen];
      if (option) this.#go(option, event.ctrlKey || event.metaKey);
    }
  }

  #go(option: HTMLElement, apart: boolean): void {
    const { href = '/' } = option.dataset;
    this.#dialog.close();
    if (apart) window.open(href, '_blank', 'noopener');
    else location.assign(href);
  }

  /** What needs no question to the hub. */
  #atOnce(typed: string): Group[] {
    const pages = [...document.querySelectorAll<HTMLAnchorElement>('a[data-key^="g "]')].map(
      (link): Choice => ({
        text: link.dataset.key === 'g h' ? 'Home' : (link.textContent ?? '').replace(/[\d,]+$/, ''),
        note: link.dataset.key ?? '',
        href: link.getAttribute('href') ?? '/',
      }),
    );
    pages.push({ text: 'Access tokens', note: 'settings', href: '/settings/tokens' });
    const matching = pages.filter(({ text }) => text.toLowerCase().includes(typed.toLowerCase()));
    const search: Choice[] =
      typed === ''
        ? []
        : [{ text: `Search for “${typed}”`, note: '', href: searchAddress({ q: typed }) }];
    return [
      { name: 'Pages', choices: matching.slice(0, typed === '' ? 12 : PER_GROUP) },
      { name: 'Search', choices: search },
    ];
  }

  async #ask(typed: string): Promise<void> {
    const turn = ++this.#asked;
    if (typed === '') return;
    this.#status.textContent = 'Looking …';
    const parts = await Promise.allSettled([
      this.#branches(typed),
      this.#files(typed),
      repositories(typed),
      commits(typed, this.#repo),
    ]);
    if (turn !== this.#asked) return;
    const groups = parts.map((part): Group[] => (part.status === 'fulfilled' ? [part.value] : []));
    const failed = parts.some((part) => part.status === 'rejected');
    const [pages, search] = this.#atOnce(typed);
    this.#draw([pages!, ...groups.flat(), search!], true);
    if (failed) this.#status.textContent = 'Some of it could not be looked through.';
  }

  async #branches(typed: string): Promise<Group> {
    const repo = this.#repo;
    if (!repo) return { name: 'Branches', choices: [] };
    const { owner, slug } = repo;
    const names = await query<string[]>('branch.names', {
      ...{ owner, slug, search: typed, limit: PER_GROUP },
    });
    const choices = names.map((name) => ({
      ...{ text: name, note: 'branch', href: fileAddress(repo, 'tree', { ref: name, path: [] }) },
    }));
    return { name: 'Branches', choices };
  }

  async #files(typed: string): Promise<Group> {
    const repo = this.#repo;
    if (!repo?.branch) return { name: 'Files', choices: [] };
    const ref = repo.branch;
    const paths = matchPaths(await loadPaths(pathsAddress(repo, ref)), typed, PER_GROUP);
    const choices = paths.map((path) => ({
      ...{ text: path, note: '' },
      href: fileAddress(repo, 'blob', { ref, path: path.split('/') }),
    }));
    return { name: 'Files', choices };
  }

  #draw(groups: Group[], complete: boolean): void {
    this.#options = [];
    const parts: HTMLElement[] = [];
    for (const [index, { name, choices }] of groups.entries()) {
      if (choices.length === 0) continue;
      const group = element('div', '');
      group.setAttribute('role', 'group');
      group.setAttribute('aria-labelledby', `palette-group-${index}`);
      const title = element('div', 'px-4 pt-2 pb-1 text-muted text-xs', name);
      title.id = `palette-group-${index}`;
      group.append(title, ...choices.map((choice) => this.#option(choice)));
      parts.push(group);
    }
    this.#list.replaceChildren(...parts);
    if (complete) {
      const count = this.#options.length;
      this.#status.textContent =
        count === 0 ? 'Nothing found.' : `${count} ${count === 1 ? 'place' : 'places'}`;
    }
    this.#choose(0);
  }

  #option({ text, note, href }: Choice): HTMLElement {
    const option = element(
      'div',
      'palette-option flex cursor-pointer items-baseline gap-3 px-4 py-1.5 hover:bg-surface',
    );
    option.id = `palette-option-${this.#options.length}`;
    option.setAttribute('role', 'option');
    option.dataset.href = href;
    option.append(element('bdi', 'breakable min-w-0 flex-1', text));
    if (note) option.append(element('span', 'shrink-0 text-muted text-xs', note));
    this.#options.push(option);
    return option;
  }

  #choose(index: number): void {
    this.#chosen = index;
    for (const [at, option] of this.#options.entries()) {
      option.setAttribute('aria-selected', String(at === index));
    }
    const chosen = this.#options[index];
    if (chosen) this.#field.setAttribute('aria-activedescendant', chosen.id);
    else this.#field.removeAttribute('aria-activedescendant');
    chosen?.scrollIntoView({ block: 'nearest' });
  }
}

async function repositories(typed: string): Promise<Group> {
  const { found } = await query<{ found: (RepoName & { description: string })[] }>(
    ...(['search.repositories', { text: typed }] as const),
  );
  const choices = found.slice(0, PER_GROUP).map((repo) => ({
    ...{ text: `${repo.owner}/${repo.slug}`, note: '', href: repoAddress(repo) },
  }));
  return { name: 'Repositories', choices };
}

async function commits(typed: string, repo: RepoName | null): Promise<Group> {
  if (typed.length < COMMIT_MIN_CHARACTERS) return { name: 'Commits', choices: [] };
  // An id is looked for everywhere, words in the repository that is open.
  const isId = /^(sha256:)?[0-9a-f]{6,64}$/i.test(typed);
  const text = repo && !isId ? `${typed} repo:${repo.owner}/${repo.slug}` : typed;
  const { found } = await query<{
    found: { repository: RepoName; commit: { id: string; message: string } }[];
  }>('search.commits', { text });
  const choices = found.slice(0, PER_GROUP).map(({ repository, commit }) => ({
    text: commit.message.split('\n', 1)[0]!.slice(0, 120) || '(no message)',
    note: `${repository.slug} ${commit.id.slice(7, 15)}`,
    href: commitAddress(repository, commit.id),
  }));
  return { name: 'Commits', choices };
}

async function query<Answer>(name: string, input: Record<string, unknown>): Promise<Answer> {
  const asked = new URLSearchParams({ input: JSON.stringify(input) });
  const answer = await fetch(`/api/trpc/${name}?${asked}`);
  if (!answer.ok) throw new Error(`${name} answered ${answer.status}`);
  return ((await answer.json()) as { result: { data: Answer } }).result.data;
}

function loadPaths(address: string): Promise<string[]> {
  let loading = pathsOf.get(address);
  if (!loading) {
    loading = fetch(address).then(async (answer) => {
      if (!answer.ok) throw new Error(`the paths answered ${answer.status}`);
      return ((await answer.json()) as { paths: string[] }).paths;
    });
    loading.catch(() => pathsOf.delete(address));
    pathsOf.set(address, loading);
  }
  return loading;
}
