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
import { codeHtml, type Token } from './code-html';

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
 * The coloured parts of lines; of fewer lines than were given when the time was up, and none when the
 * language is not known or the text too long. Works in pieces between which others get their turn.
 */
export async function tokenizeLines(
  lines: string[],
  fileName: string,
  maxMs = HIGHLIGHT_MAX_MS,
): Promise<Token[][]> {
  const language = languageOf(fileName);
  if (language === null || lengthOf(lines) > HIGHLIGHT_MAX_LENGTH) return [];
  const shiki = await loadLanguage(language);
  const tokenized: Token[][] = [];
  let state: GrammarState | undefined;
  const started = performance.now();
  for (let from = 0; from < lines.length; from += CHUNK_LINES) {
    if (performance.now() - started > maxMs) break;
    const chunk = lines.slice(from, from + CHUNK_LINES);
    const tokens = shiki.codeToTokensBase(chunk.join('\n'), {
      lang: language,
      theme: THEME,
      grammarState: state,
      tokenizeMaxLineLength: LINE_MAX_LENGTH,
      tokenizeTimeLimit: LINE_MAX_MS,
    });
    state = shiki.getLastGrammarState(tokens);
    for (const line of tokens) tokenized.push(tokensOf(line));
    await nextTurn();
  }
  return tokenized;
}

const lengthOf = (lines: string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0);

function tokensOf(line: ThemedToken[]): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const token of line) {
    end += token.content.length;
    const found = KIND.exec(token.color ?? '')?.[1] ?? '';
    const kind = found === 'foreground' ? '' : found;
    const last = tokens.at(-1);
    // Blank text looks the same in every colour: it goes with what stands before it.
    if (last && (last.kind === kind || token.content.trim() === '')) last.end = end;
    else tokens.push({ end, kind });
  }
  return tokens;
}

/** The lines of a text without their line breaks. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * The lines of a text as HTML: everything escaped, tokens in `<span class="tk-…">`, never a style.
 * What its time does not suffice for is plain, never missing.
 */
export async function highlightLines(
  text: string,
  fileName: string,
  maxMs = HIGHLIGHT_MAX_MS,
): Promise<string[]> {
  const lines = linesOf(text);
  const tokens = await tokenizeLines(lines, fileName, maxMs);
  return lines.map((line, index) => codeHtml(line, tokens[index] ?? []));
}
