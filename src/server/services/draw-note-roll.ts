import type { NoteRoll } from '~/server/ports/compute';

/** A note to be drawn: from and to in seconds, and the class that says its colour. */
export interface RollNote {
  pitch: number;
  from: number;
  to: number;
  look: string;
}

/** Notes of one picture. */
export const ROLL_MAX_NOTES = 20_000;
const PIXELS_PER_SECOND = 40;
const WIDTH_MIN = 720;
const WIDTH_MAX = 8_000;
const ROW = 6;
/** Rows above and below the notes, and of the whole at least. */
const MARGIN_ROWS = 2;
const ROWS_MIN = 24;
const HEAD = 18;
/** A note is seen, however short it is. */
const NOTE_MIN_WIDTH = 1.5;
const LABEL_MIN_DISTANCE = 36;
const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);

/**
 * Notes as a picture: time from left to right, pitch from bottom to top, rows of black keys shaded,
 * a line for each bar and a name for each C. Notes of one look are one path, so that thousands stay
 * small. `bars` are seconds.
 */
export function drawNoteRoll(
  notes: RollNote[],
  { seconds, bars, looks }: { seconds: number; bars: number[]; looks: string[] },
): NoteRoll {
  const drawn = notes.slice(0, ROLL_MAX_NOTES);
  const wanted = Math.max(seconds, 0.001) * PIXELS_PER_SECOND;
  const width = Math.round(Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, wanted)));
  const scale = width / Math.max(seconds, 0.001);
  const [lowest, highest] = pitchRange(drawn);
  const height = HEAD + (highest - lowest + 1) * ROW;
  const top = (pitch: number) => HEAD + (highest - pitch) * ROW;
  const paths = looks.map((look) => {
    const path = drawn
      .filter((note) => note.look === look)
      .map(({ pitch, from, to }) => {
        const length = Math.max(NOTE_MIN_WIDTH, (to - from) * scale - 0.5);
        return `M${round(from * scale)} ${top(pitch) + ROW / 2}h${round(length)}`;
      })
      .join('');
    return path && `<path class="${look}" d="${path}"/>`;
  });
  const rows: string[] = [];
  const names: string[] = [];
  for (let pitch = lowest; pitch <= highest; pitch++) {
    if (BLACK_KEYS.has(pitch % 12)) rows.push(`M0 ${top(pitch) + ROW / 2}h${width}`);
    if (pitch % 12 === 0) {
      names.push(`<text class="roll-name" x="3" y="${top(pitch) + ROW}">C${pitch / 12 - 1}</text>`);
    }
  }
  const svg =
    `<svg class="roll" xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">` +
    `<path class="roll-black" d="${rows.join('')}"/>${barLines(bars, scale, height)}${paths.join('')}${names.join('')}</svg>`;
  return { svg, notes: notes.length, truncated: drawn.length < notes.length };
}

const round = (n: number): number => Math.round(n * 10) / 10;

function pitchRange(notes: RollNote[]): [lowest: number, highest: number] {
  let lowest = notes.length === 0 ? 60 : 127;
  let highest = notes.length === 0 ? 60 : 0;
  for (const { pitch } of notes) {
    lowest = Math.min(lowest, pitch);
    highest = Math.max(highest, pitch);
  }
  const missing = Math.max(0, ROWS_MIN - (highest - lowest + 1) - 2 * MARGIN_ROWS);
  lowest -= MARGIN_ROWS + Math.floor(missing / 2);
  highest += MARGIN_ROWS + Math.ceil(missing / 2);
  return [Math.max(0, lowest), Math.min(127, highest)];
}

/** Lines of bars, those too close to each other left out, numbered where there is room. */
function barLines(bars: number[], scale: number, height: number): string {
  let lines = '';
  let labels = '';
  let lastLine = Number.NEGATIVE_INFINITY;
  let lastLabel = Number.NEGATIVE_INFINITY;
  for (const [index, at] of bars.entries()) {
    const x = round(at * scale);
    if (x - lastLine < 4) continue;
    lines += `M${x} ${HEAD - 4}V${height}`;
    lastLine = x;
    if (x - lastLabel < LABEL_MIN_DISTANCE) continue;
    labels += `<text class="roll-bar-number" x="${x + 2}" y="11">${index + 1}</text>`;
    lastLabel = x;
  }
  return `<path class="roll-bar" d="${lines}"/>${labels}`;
}
