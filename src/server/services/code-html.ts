import { escapeHtml } from './escape-html';

/** A part of a line of code, up to `end`, and what it is: the end of a class name, '' for plain. */
export interface Token {
  end: number;
  kind: string;
}

/** A part of a line that is marked: from the first of these characters to before the second. */
export type Mark = readonly [from: number, to: number];

/**
 * A line of code as safe HTML: tokens in `<span class="tk-…">`, marked parts in `<mark>` around them.
 * Tokens follow one another from the start and may end before the line does; marks are in order and
 * do not touch.
 */
export function codeHtml(line: string, tokens: readonly Token[], marks: readonly Mark[] = []) {
  let html = '';
  let at = 0;
  for (const [from, to] of marks) {
    html += `${tokensHtml(line, at, from, tokens)}<mark>${tokensHtml(line, from, to, tokens)}</mark>`;
    at = to;
  }
  return html + tokensHtml(line, at, line.length, tokens);
}

function tokensHtml(line: string, from: number, to: number, tokens: readonly Token[]): string {
  let html = '';
  let at = from;
  for (const { end, kind } of tokens) {
    if (end <= at) continue;
    if (at >= to) break;
    const text = escapeHtml(line.slice(at, Math.min(end, to)));
    html += kind === '' ? text : `<span class="tk-${kind}">${text}</span>`;
    at = Math.min(end, to);
  }
  return at < to ? html + escapeHtml(line.slice(at, to)) : html;
}
