/**
 * Matches paths by what a person types: the letters in their order, not necessarily together.
 * Pure, and the same on the server and in the browser.
 */

export interface PathMatch {
  path: string;
  score: number;
}

const EXACT_NAME = 1_000;
const NAME_START = 900;
const IN_NAME = 800;
const IN_PATH = 700;
/** Scattered letters are below any of these. */
const SCATTERED_MAX = 600;
const TOGETHER = 6;
const AT_BOUNDARY = 8;
const BOUNDARY = /[/._\- ]/;

/** The best matches first, at most `limit`; all paths match nothing typed. */
export function matchPaths(paths: readonly string[], typed: string, limit: number): string[] {
  const wanted = typed.toLowerCase().replace(/\s+/g, '');
  if (wanted === '') return paths.slice(0, limit);
  const matches: PathMatch[] = [];
  for (const path of paths) {
    const score = scoreOf(path, wanted);
    if (score !== null) matches.push({ path, score });
  }
  matches.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
  return matches.slice(0, limit).map(({ path }) => path);
}

/** How well a path matches letters in lowercase; null when it does not. */
export function scoreOf(path: string, wanted: string): number | null {
  const text = path.toLowerCase();
  const nameAt = text.lastIndexOf('/') + 1;
  const name = text.slice(nameAt);
  // Of equal matches the shorter path.
  const length = Math.min(90, path.length / 10);
  if (name === wanted) return EXACT_NAME - length;
  if (name.startsWith(wanted)) return NAME_START - length;
  if (name.includes(wanted)) return IN_NAME - length;
  if (text.includes(wanted)) return IN_PATH - length;
  const scattered = scatteredScore(text, wanted);
  return scattered === null ? null : Math.min(SCATTERED_MAX, scattered) - length;
}

function scatteredScore(text: string, wanted: string): number | null {
  let score = 0;
  let last = -2;
  for (const letter of wanted) {
    const at = text.indexOf(letter, Math.max(0, last + 1));
    if (at < 0) return null;
    if (at === last + 1) score += TOGETHER;
    if (at === 0 || BOUNDARY.test(text[at - 1]!)) score += AT_BOUNDARY;
    last = at;
  }
  return score;
}
