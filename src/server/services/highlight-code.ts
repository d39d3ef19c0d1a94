import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createCssVariablesTheme,
  createHighlighterCore,
  type GrammarState,
  type HighlighterCore,
  type ThemedToken,
} from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import { type BundledLanguage, bundledLanguages, bundledLanguagesInfo } from 'shiki/langs';

/** Characters of a file that is coloured; longer ones are plain. */
export const HIGHLIGHT_MAX_LENGTH = 512 * 1024;
/** How long one file may keep a process busy; what is left then is plain. */
const HIGHLIGHT_MAX_MS = 1_500;
const CHUNK_LINES = 25;
const LINE_MAX_LENGTH = 1_000;
/** Against hostile text; ordinary lines take less than a millisecond. */
const LINE_MAX_MS = 500;

const THEME = 'css-variables';
/** A token's colour names one of these kinds; the style sheet says what it looks like. */
const KIND = /^var\(--tk-(?:token-)?([a-z-]+)\)$/;

/** File names without a telling ending. */
const NAMED: Record<string, BundledLanguage> = {
  dockerfile: 'docker',
  makefile: 'make',
  gnumakefile: 'make',
  rakefile: 'ruby',
  gemfile: 'ruby',
  'cmakelists.txt': 'cmake',
  '.bashrc': 'shellscript',
  '.gitignore': 'ini',
  '.editorconfig': 'ini',
};
const ENDINGS: Record<string, BundledLanguage> = {
  h: 'c',
  hpp: 'cpp',
  cc: 'cpp',
  cxx: 'cpp',
  mts: 'typescript',
  pyi: 'python',
  lock: 'toml',
  htm: 'html',
  svg: 'xml',
  xhtml: 'xml',
  cfg: 'ini',
  conf: 'ini',
  jsonl: 'json',
};

const byAlias = new Map<string, BundledLanguage>(
  bundledLanguagesInfo.flatMap((info) =>
    [info.id, ...(info.aliases ?? [])].map((alias) => [alias, info.id as BundledLanguage] as const),
  ),
);

/** The language of a file by its name; null when it is not known. */
export function languageOf(fileName: string): BundledLanguage | null {
  const name = fileName.toLowerCase();
  if (Object.hasOwn(NAMED, name)) return NAMED[name]!;
  const dot = name.lastIndexOf('.');
  if (dot < 0) return null;
  const ending = name.slice(dot + 1);
  if (Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending]!;
  return byAlias.get(ending) ?? null;
}

let highlighter: Promise<HighlighterCore> | null = null;

function getHighlighter(): Promise<HighlighterCore> {
  highlighter ??= createHighlighterCore({
    themes: [createCssVariablesTheme({ name: THEME, variablePrefix: '--tk-', fontStyle: false })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  return highlighter;
}

const loaded = new Set<BundledLanguage>();

async function loadLanguage(language: BundledLanguage): Promise<HighlighterCore> {
  const shiki = await getHighlighter();
  if (loaded.has(language)) return shiki;
  await shiki.loadLanguage(bundledLanguages[language]);
  // Compiles the language's outermost patterns, which would use up the first line's time.
  shiki.codeToTokensBase('x', { lang: language, theme: THEME, tokenizeTimeLimit: 0 });
  loaded.add(language);
  return shiki;
}

/**
 * The lines of a text as HTML: everything escaped, tokens in `<span class="tk-…">`, never a style.
 *
 * Works in pieces between which other requests are served, and stops colouring when its time is up:
 * the rest is plain, never missing.
 */
export async function highlightLines(
  text: string,
  fileName: string,
  maxMs = HIGHLIGHT_MAX_MS,
): Promise<string[]> {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const language = languageOf(fileName);
  if (language === null || text.length > HIGHLIGHT_MAX_LENGTH) return lines.map(escapeHtml);
  const shiki = await loadLanguage(language);
  const html: string[] = [];
  let state: GrammarState | undefined;
  const started = performance.now();
  for (let from = 0; from < lines.length; from += CHUNK_LINES) {
    if (performance.now() - started > maxMs) {
      return html.concat(lines.slice(from).map(escapeHtml));
    }
    const chunk = lines.slice(from, from + CHUNK_LINES);
    const tokens = shiki.codeToTokensBase(chunk.join('\n'), {
      lang: language,
      theme: THEME,
      grammarState: state,
      tokenizeMaxLineLength: LINE_MAX_LENGTH,
      tokenizeTimeLimit: LINE_MAX_MS,
    });
    state = shiki.getLastGrammarState(tokens);
    for (const line of tokens) html.push(lineHtml(line));
    await nextTurn();
  }
  return html;
}

function lineHtml(tokens: ThemedToken[]): string {
  let html = '';
  let open = '';
  let text = '';
  const close = () => {
    if (text === '') return;
    html += open === '' ? escapeHtml(text) : `<span class="tk-${open}">${escapeHtml(text)}</span>`;
    text = '';
  };
  for (const token of tokens) {
    const kind = KIND.exec(token.color ?? '')?.[1] ?? '';
    const name = kind === 'foreground' ? '' : kind;
    // Blank text looks the same in every colour: no element for it.
    if (name !== open && token.content.trim() !== '') {
      close();
      open = name;
    }
    text += token.content;
  }
  close();
  return html;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, for element content and quoted attributes alike. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c]!);
