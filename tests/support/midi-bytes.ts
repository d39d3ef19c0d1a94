/** Standard MIDI Files made for tests, as sequencers write them. */

/** Events with the ticks since the one before. */
export type MidiEvents = [delta: number, ...bytes: number[]][];

export const noteOn = (delta: number, pitch: number, channel = 0, velocity = 80) =>
  [delta, 0x90 | channel, pitch, velocity] as MidiEvents[number];
export const noteOff = (delta: number, pitch: number, channel = 0) =>
  [delta, 0x80 | channel, pitch, 0] as MidiEvents[number];

const text = (kind: number, words: string) => {
  const bytes = [...Buffer.from(words)];
  return [0, 0xff, kind, ...variable(bytes.length), ...bytes] as MidiEvents[number];
};
export const trackName = (words: string) => text(0x03, words);
export const instrument = (words: string) => text(0x04, words);
export const tempo = (delta: number, bpm: number) => {
  const micros = Math.round(60e6 / bpm);
  return [
    delta,
    0xff,
    0x51,
    3,
    micros >> 16,
    (micros >> 8) & 255,
    micros & 255,
  ] as MidiEvents[number];
};
export const timeSignature = (delta: number, beats: number, power: number) =>
  [delta, 0xff, 0x58, 4, beats, power, 24, 8] as MidiEvents[number];
export const keySignature = (delta: number, sharps: number, minor: boolean) =>
  [delta, 0xff, 0x59, 2, sharps & 255, minor ? 1 : 0] as MidiEvents[number];

export function variable(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

const big = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, n) => (value >>> (8 * (bytes - 1 - n))) & 255);

export const chunk = (kind: string, bytes: number[]): number[] => [
  ...Buffer.from(kind),
  ...big(bytes.length, 4),
  ...bytes,
];

export function track(events: MidiEvents): number[] {
  const bytes = events.flatMap(([delta, ...rest]) => [...variable(delta), ...rest]);
  return chunk('MTrk', [...bytes, 0, 0xff, 0x2f, 0]);
}

export function midiFile(
  tracks: MidiEvents[],
  { format = tracks.length > 1 ? 1 : 0, division = 480 } = {},
): Buffer {
  const header = [...big(format, 2), ...big(tracks.length, 2), ...big(division, 2)];
  return Buffer.from([...chunk('MThd', header), ...tracks.flatMap(track)]);
}

/** A short piece: a tune over a bass, four bars. */
export function shortPiece(tune = [67, 69, 71, 72, 74, 72, 71, 69], name = 'Tune'): Buffer {
  const melody = tune.flatMap((pitch): MidiEvents => [noteOn(0, pitch), noteOff(480, pitch)]);
  const bass = [43, 48, 50, 43].flatMap(
    (pitch): MidiEvents => [noteOn(0, pitch, 1), noteOff(960, pitch, 1)],
  );
  return midiFile([
    [trackName('Conductor'), tempo(0, 96), timeSignature(0, 4, 2), keySignature(0, 1, false)],
    [trackName(name), instrument('Flute'), ...melody],
    [trackName('Bass'), ...bass],
  ]);
}
