import { describe, expect, it } from 'vitest';
import { compareMidi } from '~/server/services/compare-midi';
import { drawMidi } from '~/server/services/draw-midi';
import { ROLL_MAX_NOTES } from '~/server/services/draw-note-roll';
import {
  keySignature,
  type MidiEvents,
  midiFile,
  noteOff,
  noteOn,
  shortPiece,
  tempo,
  trackName,
} from '~tests/support/midi-bytes';

const TUNE = [67, 69, 71, 72, 74, 72, 71, 69];
/** How many notes of each look a picture has. */
const strokes = (svg: string, look: string): number =>
  new RegExp(`<path class="roll-note ${look}" d="([^"]*)"/>`).exec(svg)?.[1]?.split('M').slice(1)
    .length ?? 0;

function view(bytes: Uint8Array) {
  const drawn = drawMidi(bytes);
  if ('problem' in drawn) throw new Error(drawn.problem);
  return drawn;
}
function change(before: Uint8Array, after: Uint8Array) {
  const compared = compareMidi(before, after);
  if ('problem' in compared) throw new Error(compared.problem);
  return compared;
}

describe('a MIDI file in words and as a picture', () => {
  it('says how long it is, how fast, in which key and time, and what its tracks are', () => {
    expect(view(shortPiece())).toMatchObject({
      seconds: 5,
      notes: 12,
      tempo: { first: 96, lowest: 96, highest: 96 },
      timeSignatures: ['4/4'],
      keys: ['G major'],
      truncated: false,
    });
    const events = [tempo(0, 120), tempo(480, 60), tempo(480, 90), keySignature(0, -3, true)];
    expect(view(midiFile([events]))).toMatchObject({
      ...{ tempo: { first: 120, lowest: 60, highest: 120 }, keys: ['C minor'], notes: 0 },
    });
  });

  it('draws every note once, each sounding track in a colour of its own', () => {
    const { svg } = view(shortPiece());
    expect(strokes(svg, 'roll-0')).toBe(8);
    expect(strokes(svg, 'roll-1')).toBe(4);
    const channels: MidiEvents = [noteOn(0, 60, 0), noteOn(0, 64, 3), noteOff(9, 60, 0)];
    const one = view(midiFile([channels])).svg;
    expect([strokes(one, 'roll-0'), strokes(one, 'roll-3')]).toEqual([1, 1]);
  });

  it('holds numbers and fixed words only, whatever the file says', () => {
    const { svg } = view(shortPiece(TUNE, '"><script>alert(1)</script>'));
    expect(svg).not.toContain('script');
    expect(svg).not.toMatch(/NaN|Infinity|style=|undefined/);
    expect(view(midiFile([[trackName('x')]])).svg).not.toMatch(/NaN|Infinity/);
    for (const pitch of [0, 127]) {
      expect(view(midiFile([[noteOn(0, pitch), noteOff(1, pitch)]])).svg).not.toMatch(/NaN/);
    }
  });

  it('stays small, however many notes and hours', () => {
    const many: MidiEvents = Array.from(
      { length: 30_000 },
      (_, n): MidiEvents => [noteOn(1_000, n % 128), noteOff(1_000, n % 128)],
    ).flat();
    const drawn = view(midiFile([many]));
    expect(drawn).toMatchObject({ notes: 30_000, truncated: true });
    expect(strokes(drawn.svg, 'roll-0')).toBe(ROLL_MAX_NOTES);
    expect(drawn.svg.length).toBeLessThan(600_000);
  });

  it('of bytes that are none is why', () => {
    expect(drawMidi(Buffer.from('not at all a MIDI file'))).toEqual({
      problem: 'it does not begin as a MIDI file does',
    });
  });
});

describe('the difference of two MIDI files', () => {
  it('is the notes that came and went, among those that stayed', () => {
    const other = [...TUNE];
    other[2] = 70;
    const compared = change(shortPiece(), shortPiece(other));
    expect(compared).toMatchObject({ added: 1, removed: 1, notes: 13 });
    expect(strokes(compared.svg, 'roll-added')).toBe(1);
    expect(strokes(compared.svg, 'roll-removed')).toBe(1);
    expect(strokes(compared.svg, 'roll-same')).toBe(11);
  });

  it('is nothing where only names or the resolution of time differ', () => {
    expect(change(shortPiece(), shortPiece(TUNE, 'Other'))).toMatchObject({ added: 0, removed: 0 });
    const coarse = midiFile([[noteOn(0, 60), noteOff(96, 60)]], { division: 96 });
    const fine = midiFile([[noteOn(0, 60), noteOff(960, 60)]], { division: 960 });
    expect(change(coarse, fine)).toMatchObject({ added: 0, removed: 0 });
  });

  it('counts equal notes by their number', () => {
    const twice = midiFile([[noteOn(0, 60), noteOn(0, 60), noteOff(9, 60), noteOff(0, 60)]]);
    const once = midiFile([[noteOn(0, 60), noteOff(9, 60)]]);
    expect(change(twice, once)).toMatchObject({ added: 0, removed: 1 });
    expect(change(once, twice)).toMatchObject({ added: 1, removed: 0 });
  });

  it('of what is no MIDI file is why', () => {
    expect(compareMidi(shortPiece(), Buffer.from('x'))).toHaveProperty('problem');
  });
});
