import { describe, expect, it } from 'vitest';
import {
  barStarts,
  isMidiProblem,
  MIDI_MAX_NOTES,
  type MidiFile,
  midiSeconds,
  readMidiFile,
  secondsAt,
} from '~/muse/midi-file';
import {
  chunk,
  keySignature,
  type MidiEvents,
  midiFile,
  noteOff,
  noteOn,
  shortPiece,
  tempo,
  timeSignature,
  trackName,
} from '~tests/support/midi-bytes';
import { seededPrng } from '~tests/support/prng';

function read(bytes: Uint8Array): MidiFile {
  const file = readMidiFile(bytes);
  if (isMidiProblem(file)) throw new Error(file.problem);
  return file;
}
const problem = (bytes: Uint8Array) => {
  const file = readMidiFile(bytes);
  return isMidiProblem(file) ? file.problem : null;
};
const header = (...rest: number[]) => [...Buffer.from('MThd'), 0, 0, 0, 6, ...rest];
const bytesOf = (...parts: number[][]) => Uint8Array.from(parts.flat());

describe('a MIDI file', () => {
  it('is read as tracks, notes and what stands over them', () => {
    const file = read(shortPiece());
    expect(file).toMatchObject({ format: 1, ticksPerQuarter: 480, ticks: 3840, truncated: false });
    expect(file.tracks).toEqual([
      { name: 'Conductor', instrument: '', notes: 0 },
      { name: 'Tune', instrument: 'Flute', notes: 8 },
      { name: 'Bass', instrument: '', notes: 4 },
    ]);
    expect(file.notes.slice(0, 2)).toEqual([
      { track: 2, channel: 1, pitch: 43, velocity: 80, start: 0, end: 960 },
      { track: 1, channel: 0, pitch: 67, velocity: 80, start: 0, end: 480 },
    ]);
    expect(file.timeSignatures).toEqual([{ tick: 0, beats: 4, unit: 4 }]);
    expect(file.keySignatures).toEqual([{ tick: 0, sharps: 1, minor: false }]);
    expect(midiSeconds(file)).toBeCloseTo(5, 5);
  });

  it('may leave out a status that is the one before', () => {
    const events: MidiEvents = [
      [0, 0x90, 60, 80],
      [10, 62, 80],
      [10, 60, 0],
      [10, 62, 0],
    ];
    expect(
      read(midiFile([events])).notes.map(({ pitch, start, end }) => [pitch, start, end]),
    ).toEqual([
      [60, 0, 20],
      [62, 10, 30],
    ]);
    const afterMeta: MidiEvents = [[0, 0x90, 60, 80], trackName('x'), [10, 62, 80]];
    expect(read(midiFile([afterMeta])).notes).toHaveLength(2);
    const first: MidiEvents = [[0, 60, 80]];
    expect(problem(midiFile([first]))).toBe('an event does not say what it is');
  });

  it('passes over what makes no note: other messages, exclusive ones, chunks of other kinds', () => {
    const events: MidiEvents = [
      [0, 0xc0, 5],
      [0, 0xb0, 7, 100],
      [0, 0xe0, 0, 64],
      [0, 0xd0, 9],
      [0, 0xa0, 60, 9],
      [0, 0xf0, 3, 1, 2, 0xf7],
      [0, 0xff, 0x7f, 2, 1, 2],
      noteOn(0, 60),
      noteOff(5, 60),
    ];
    const whole = midiFile([events]);
    const odd = Buffer.concat([
      whole.subarray(0, 14),
      Buffer.from(chunk('XTRA', [1, 2, 3])),
      whole.subarray(14),
    ]);
    expect(read(odd).notes).toHaveLength(1);
  });

  it('ends a note that is never let go with its track, and lets go the oldest of equal ones', () => {
    const events = [noteOn(0, 60), noteOn(10, 60), noteOff(10, 60), noteOn(5, 61), noteOff(5, 60)];
    expect(read(midiFile([events])).notes.map(({ start, end }) => [start, end])).toEqual([
      [0, 20],
      [10, 30],
      [25, 30],
    ]);
    const open = [noteOn(0, 60), noteOff(100, 61)];
    expect(read(midiFile([open])).notes[0]).toMatchObject({ start: 0, end: 100 });
  });

  it('takes its time from a map of tempos, or from frames', () => {
    const events = [tempo(0, 120), tempo(960, 60), noteOn(0, 60), noteOff(480, 60)];
    const file = read(midiFile([events]));
    expect(secondsAt(file, [0, 480, 960, 1440])).toEqual([0, 0.5, 1, 2]);
    expect(secondsAt(read(midiFile([[noteOn(0, 60), noteOff(480, 60)]])), [480])).toEqual([0.5]);
    const frames = read(midiFile([[noteOn(0, 60), noteOff(1000, 60)]], { division: 0xe728 }));
    expect(frames.ticksPerSecond).toBe(1000);
    expect(midiSeconds(frames)).toBe(1);
  });

  it('has bars as its time signatures say', () => {
    const events = [
      timeSignature(0, 3, 2),
      timeSignature(2880, 4, 2),
      noteOn(0, 60),
      noteOff(3840, 60),
    ];
    expect(barStarts(read(midiFile([events])), 100)).toEqual([0, 1440, 2880, 4800, 6720]);
    expect(barStarts(read(midiFile([events])), 2)).toEqual([0, 1440]);
    expect(barStarts(read(midiFile([[noteOff(4000, 1)]])), 9)).toEqual([0, 1920, 3840]);
  });

  it('has names without what a page could trip over', () => {
    const name = (...bytes: number[]): MidiEvents => [[0, 0xff, 0x03, bytes.length, ...bytes]];
    expect(read(midiFile([name(0x63, 0xe9)])).tracks[0]?.name).toBe('cé');
    expect(read(midiFile([name(0x61, 0, 0x1b, 0x62)])).tracks[0]?.name).toBe('a b');
    const long: MidiEvents = [[0, 0xff, 0x03, 0x86, 0x00, ...new Array<number>(768).fill(0x78)]];
    expect(read(midiFile([long])).tracks[0]?.name).toHaveLength(200);
    expect(read(midiFile([[keySignature(0, -128, true)]])).keySignatures).toEqual([]);
  });
});

describe('bytes that are no MIDI file', () => {
  it('are named by what is wrong with them', () => {
    expect(problem(new Uint8Array())).toBe('it does not begin as a MIDI file does');
    expect(problem(Buffer.from('RIFF and so on, long enough'))).toMatch(/begin/);
    expect(problem(bytesOf(header(0, 3, 0, 1, 1, 0xe0)))).toBe('its format 3 is not known');
    expect(problem(bytesOf(header(0, 0, 0, 1, 0, 0)))).toMatch(/quarter note/);
    expect(problem(bytesOf(header(0, 0, 0, 1, 0x81, 0)))).toMatch(/counts time/);
    expect(problem(bytesOf(header(0, 0, 0, 1, 1, 0xe0)))).toBe('it has no track');
    const track = (...events: number[]) =>
      bytesOf(header(0, 0, 0, 1, 1, 0xe0), chunk('MTrk', events));
    expect(problem(track(0x80, 0x80, 0x80, 0x80, 0))).toBe('a number has no end');
    expect(problem(track(0, 0x90, 60))).toBe('a track is cut off');
    expect(problem(track(0, 0x90, 0x90, 1))).toBe('an event is cut off by the next');
    expect(problem(track(0, 0xf5))).toBe('it holds a message that has no place in a file');
    expect(problem(track(0, 0xff, 0x03, 0x7f, 1))).toBe('a track is cut off');
  });

  it('never throw, never hang, whatever they are', () => {
    const prng = seededPrng('hostile MIDI');
    const piece = shortPiece();
    for (let n = 0; n < 3_000; n++) {
      const bytes = Uint8Array.from(
        piece.subarray(0, prng.once(3) ? prng.below(piece.length) : undefined),
      );
      for (let m = prng.below(12); m > 0 && bytes.length > 0; m--) {
        bytes[prng.below(bytes.length)] = prng.below(256);
      }
      const file = readMidiFile(bytes);
      if (isMidiProblem(file)) continue;
      for (const { start, end, pitch } of file.notes) {
        expect(end).toBeGreaterThanOrEqual(start);
        expect(pitch).toBeLessThan(128);
      }
      expect(Number.isFinite(midiSeconds(file))).toBe(true);
      expect(barStarts(file, 50).length).toBeLessThanOrEqual(50);
    }
  });

  it('are read up to a bound, and say that there was more', () => {
    const many: MidiEvents = Array.from({ length: MIDI_MAX_NOTES + 5 }, () => noteOn(0, 60));
    const file = read(midiFile([many]));
    expect(file.notes).toHaveLength(MIDI_MAX_NOTES);
    expect(file.truncated).toBe(true);
    const missing = midiFile([[noteOn(0, 60)]]);
    missing[11] = 9;
    expect(read(missing).truncated).toBe(true);
  });
});
