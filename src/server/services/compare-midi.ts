import {
  isMidiProblem,
  type MidiFile,
  type MidiNote,
  type MidiProblem,
  midiSeconds,
  readMidiFile,
} from '~/muse/midi-file';
import type { MidiChange } from '~/server/ports/compute';
import { barSeconds, rollNotes } from './draw-midi';
import { drawNoteRoll } from './draw-note-roll';

const SAME = 'roll-note roll-same';
const ADDED = 'roll-note roll-added';
const REMOVED = 'roll-note roll-removed';
/** Parts of a quarter note that are told apart, so that another resolution of time is no change. */
const PARTS = 960;

/**
 * The notes that differ between two MIDI files. A note is the same when channel, pitch, beginning and
 * length are, in parts of a quarter note; how loud it is and in which track makes no difference.
 */
export function compareMidi(before: Uint8Array, after: Uint8Array): MidiChange | MidiProblem {
  const was = readMidiFile(before);
  const is = readMidiFile(after);
  if (isMidiProblem(was)) return was;
  if (isMidiProblem(is)) return is;
  const left = new Map<string, number>();
  for (const note of was.notes) count(left, keyOf(was, note), 1);
  const looks = is.notes.map((note) => (take(left, keyOf(is, note)) ? SAME : ADDED));
  const shown = rollNotes(is, (_, index) => looks[index]!);
  // What is left was in the old file only.
  const removed = rollNotes(was, (note) => (take(left, keyOf(was, note)) ? REMOVED : SAME));
  const gone = removed.filter(({ look }) => look === REMOVED);
  const longer = midiSeconds(was) > midiSeconds(is) ? was : is;
  const added = looks.filter((look) => look === ADDED).length;
  const changed = [...gone, ...shown.filter(({ look }) => look === ADDED)];
  const same = shown.filter(({ look }) => look === SAME);
  const roll = drawNoteRoll([...changed, ...same], {
    ...{ seconds: midiSeconds(longer), bars: barSeconds(longer) },
    looks: [SAME, REMOVED, ADDED],
  });
  const truncated = roll.truncated || was.truncated || is.truncated;
  return { ...roll, truncated, added, removed: gone.length };
}

function keyOf(file: MidiFile, { channel, pitch, start, end }: MidiNote): string {
  const unit = file.ticksPerQuarter ?? file.ticksPerSecond!;
  const part = (tick: number) => Math.round((tick / unit) * PARTS);
  return `${channel} ${pitch} ${part(start)} ${part(end) - part(start)}`;
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Takes one of these notes, if there is one left. */
function take(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  if (left > 0) counts.set(key, left - 1);
  return left > 0;
}
