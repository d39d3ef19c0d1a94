import {
  barStarts,
  isMidiProblem,
  type KeySignature,
  type MidiFile,
  type MidiProblem,
  midiSeconds,
  readMidiFile,
  secondsAt,
} from '~/muse/midi-file';
import type { MidiView } from '~/server/ports/compute';
import { drawNoteRoll, type RollNote } from './draw-note-roll';

/** Colours of tracks, which begin again after these. */
export const TRACK_LOOKS = 8;
const BARS_MAX = 4_000;
const TRACKS_TOLD = 64;
const SIGNATURES_TOLD = 8;

/** A MIDI file as a picture, its tracks in colours, and in words; or why it is none. */
export function drawMidi(bytes: Uint8Array): MidiView | MidiProblem {
  const file = readMidiFile(bytes);
  if (isMidiProblem(file)) return file;
  const looks = Array.from({ length: TRACK_LOOKS }, (_, n) => `roll-note roll-${n}`);
  const sounding = file.tracks.map((_, track) => track).filter((n) => file.tracks[n]!.notes > 0);
  const lookOf = new Map(sounding.map((track, n) => [track, looks[n % TRACK_LOOKS]!]));
  const notes = rollNotes(file, ({ track, channel }) =>
    // A file of one track keeps its parts apart by channels.
    file.format === 0 ? looks[channel % TRACK_LOOKS]! : lookOf.get(track)!,
  );
  const seconds = midiSeconds(file);
  const roll = drawNoteRoll(notes, { seconds, bars: barSeconds(file), looks });
  return {
    ...roll,
    truncated: roll.truncated || file.truncated,
    seconds,
    tracks: file.tracks.slice(0, TRACKS_TOLD),
    tempo: tempoOf(file),
    timeSignatures: distinct(file.timeSignatures.map(({ beats, unit }) => `${beats}/${unit}`)),
    keys: distinct(file.keySignatures.map(keyName)),
  };
}

const distinct = (names: string[]): string[] => [...new Set(names)].slice(0, SIGNATURES_TOLD);

/** The notes with their times in seconds, in the order of the file. */
export function rollNotes(
  file: MidiFile,
  lookOf: (note: MidiFile['notes'][number], index: number) => string,
): RollNote[] {
  const from = secondsAt(
    file,
    file.notes.map(({ start }) => start),
  );
  const byEnd = file.notes.map((_, index) => index);
  byEnd.sort((a, b) => file.notes[a]!.end - file.notes[b]!.end);
  const ends = secondsAt(
    file,
    byEnd.map((index) => file.notes[index]!.end),
  );
  const to = new Float64Array(file.notes.length);
  for (const [place, index] of byEnd.entries()) to[index] = ends[place]!;
  return file.notes.map((note, index) => ({
    pitch: note.pitch,
    from: from[index]!,
    to: to[index]!,
    look: lookOf(note, index),
  }));
}

export const barSeconds = (file: MidiFile): number[] => secondsAt(file, barStarts(file, BARS_MAX));

function tempoOf(file: MidiFile): MidiView['tempo'] {
  if (file.ticksPerQuarter === null) return null;
  const each = file.tempos.map(({ microsPerQuarter }) => 60e6 / microsPerQuarter);
  const rounded = (bpm: number) => Math.round(bpm * 10) / 10;
  return {
    first: rounded(each[0]!),
    lowest: rounded(each.reduce((a, b) => Math.min(a, b))),
    highest: rounded(each.reduce((a, b) => Math.max(a, b))),
  };
}

/** From seven flats to seven sharps. */
const MAJOR = 'C♭ G♭ D♭ A♭ E♭ B♭ F C G D A E B F♯ C♯'.split(' ');
const MINOR = 'A♭ E♭ B♭ F C G D A E B F♯ C♯ G♯ D♯ A♯'.split(' ');

const keyName = ({ sharps, minor }: KeySignature): string =>
  minor ? `${MINOR[sharps + 7]} minor` : `${MAJOR[sharps + 7]} major`;
