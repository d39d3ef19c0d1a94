/**
 * Reads Standard MIDI Files: notes with their places in time, tracks with their names, tempo, key and
 * time signatures. Strict where a file would otherwise be misread, lenient where players are; pure,
 * and bounded whatever the bytes say.
 */

export interface MidiNote {
  track: number;
  /** From 0; shown as 1 to 16. */
  channel: number;
  /** 60 is middle C. */
  pitch: number;
  velocity: number;
  /** In ticks from the start. */
  start: number;
  end: number;
}

export interface MidiTrack {
  name: string;
  instrument: string;
  notes: number;
}

/** Microseconds of a quarter note from a tick on. */
export interface TempoChange {
  tick: number;
  microsPerQuarter: number;
}

export interface TimeSignature {
  tick: number;
  beats: number;
  /** 4 is a quarter note. */
  unit: number;
}

export interface KeySignature {
  tick: number;
  /** Sharps, or flats below zero. */
  sharps: number;
  minor: boolean;
}

export interface MidiFile {
  format: number;
  tracks: MidiTrack[];
  /** By start, then pitch, then track and channel. */
  notes: MidiNote[];
  /** The tick at which the last event is. */
  ticks: number;
  /** Ticks of a quarter note; null where time is counted in frames of a film. */
  ticksPerQuarter: number | null;
  /** Ticks of a second; null where tempo decides. */
  ticksPerSecond: number | null;
  /** In order; the first from tick 0 on. */
  tempos: TempoChange[];
  timeSignatures: TimeSignature[];
  keySignatures: KeySignature[];
  /** There were more notes or events than are read. */
  truncated: boolean;
}

/** Why bytes are no MIDI file that can be read. */
export interface MidiProblem {
  problem: string;
}

/** Bounds of what is read. */
export const MIDI_MAX_NOTES = 100_000;
const TRACKS_MAX = 256;
const EVENTS_MAX = 1_000_000;
const CHANGES_MAX = 4_096;
const TEXT_MAX_BYTES = 200;
const TICKS_MAX = 2 ** 40;
/** Equal notes that sound together; a further one ends the oldest. What is never let go ends with its track. */
const VOICES_MAX = 32;
const DEFAULT_MICROS = 500_000;

/** Thrown inside and given as a value outside. */
class Malformed extends Error {}

/** Reads a file. Never throws for what the bytes hold. */
export function readMidiFile(bytes: Uint8Array): MidiFile | MidiProblem {
  try {
    return new Reader(bytes).read();
  } catch (error) {
    if (error instanceof Malformed) return { problem: error.message };
    throw error;
  }
}

export const isMidiProblem = (read: MidiFile | MidiProblem): read is MidiProblem =>
  'problem' in read;

class Reader {
  readonly #view: DataView;
  #at = 0;
  #events = 0;
  readonly #file: MidiFile = {
    format: 0,
    tracks: [],
    notes: [],
    ticks: 0,
    ticksPerQuarter: null,
    ticksPerSecond: null,
    tempos: [],
    timeSignatures: [],
    keySignatures: [],
    truncated: false,
  };

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): MidiFile {
    const file = this.#file;
    const announced = this.#readHeader();
    // Chunks of other kinds may stand between tracks, and files end early: what is whole is read.
    while (
      file.tracks.length < Math.min(announced, TRACKS_MAX) &&
      this.#at + 8 <= this.bytes.length
    ) {
      const kind = this.#text(4);
      const length = this.#view.getUint32(this.#at);
      this.#at += 4;
      const end = Math.min(this.#at + length, this.bytes.length);
      if (kind === 'MTrk') this.#readTrack(file.tracks.length, end);
      this.#at = end;
    }
    if (file.tracks.length === 0) throw new Malformed('it has no track');
    if (announced > file.tracks.length) file.truncated = true;
    const byTick = (a: { tick: number }, b: { tick: number }) => a.tick - b.tick;
    file.tempos.sort(byTick);
    file.timeSignatures.sort(byTick);
    file.keySignatures.sort(byTick);
    if (file.tempos[0]?.tick !== 0) {
      file.tempos.unshift({ tick: 0, microsPerQuarter: DEFAULT_MICROS });
    }
    file.notes.sort(
      (a, b) =>
        a.start - b.start || a.pitch - b.pitch || a.track - b.track || a.channel - b.channel,
    );
    return file;
  }

  /** Returns how many tracks are announced. */
  #readHeader(): number {
    if (this.bytes.length < 14 || this.#text(4) !== 'MThd') {
      throw new Malformed('it does not begin as a MIDI file does');
    }
    const length = this.#view.getUint32(4);
    if (length < 6) throw new Malformed('its header is too short');
    const format = this.#view.getUint16(8);
    if (format > 2) throw new Malformed(`its format ${format} is not known`);
    const tracks = this.#view.getUint16(10);
    const division = this.#view.getUint16(12);
    if (division === 0) throw new Malformed('it does not say how long a quarter note is');
    this.#file.format = format;
    if (division < 0x8000) this.#file.ticksPerQuarter = division;
    else {
      const frames = 0x100 - (division >> 8);
      if (![24, 25, 29, 30].includes(frames) || (division & 0xff) === 0) {
        throw new Malformed('it counts time in a way that is not known');
      }
      this.#file.ticksPerSecond = (frames === 29 ? 30_000 / 1_001 : frames) * (division & 0xff);
    }
    this.#at = 8 + length;
    return tracks;
  }

  #readTrack(track: number, end: number): void {
    const info: MidiTrack = { name: '', instrument: '', notes: 0 };
    this.#file.tracks.push(info);
    const sounding = new Map<number, MidiNote[]>();
    let tick = 0;
    let status = 0;
    while (this.#at < end) {
      if (++this.#events > EVENTS_MAX) {
        this.#file.truncated = true;
        break;
      }
      tick += this.#variable(end);
      if (tick > TICKS_MAX) throw new Malformed('its time runs away');
      const first = this.#byte(end);
      if (first === 0xff) {
        // Writers keep the status over these, though they should not; players do not mind.
        if (this.#meta(info, tick, end)) break;
      } else if (first === 0xf0 || first === 0xf7) {
        this.#skip(this.#variable(end), end);
        status = 0;
      } else if (first > 0xf0) {
        throw new Malformed('it holds a message that has no place in a file');
      } else {
        // Without a status byte of its own, an event has that of the one before it.
        const running = first < 0x80;
        if (running && status === 0) throw new Malformed('an event does not say what it is');
        if (!running) status = first;
        const one = running ? first : this.#data(end);
        const two = (status & 0xe0) === 0xc0 ? 0 : this.#data(end);
        this.#channelEvent(status, one, two, { track, tick, info, sounding });
      }
    }
    for (const notes of sounding.values()) for (const note of notes) note.end = tick;
    this.#file.ticks = Math.max(this.#file.ticks, tick);
  }

  #channelEvent(
    status: number,
    pitch: number,
    velocity: number,
    at: { track: number; tick: number; info: MidiTrack; sounding: Map<number, MidiNote[]> },
  ): void {
    const kind = status & 0xf0;
    if (kind !== 0x80 && kind !== 0x90) return;
    const channel = status & 0x0f;
    const key = channel * 128 + pitch;
    const open = at.sounding.get(key);
    if (kind === 0x80 || velocity === 0) {
      // Of equal notes that sound together the oldest is let go.
      const note = open?.shift();
      if (note) note.end = at.tick;
      return;
    }
    if (this.#file.notes.length >= MIDI_MAX_NOTES) {
      this.#file.truncated = true;
      return;
    }
    const { track, tick } = at;
    const note = { track, channel, pitch, velocity, start: tick, end: tick };
    this.#file.notes.push(note);
    at.info.notes++;
    if (!open) at.sounding.set(key, [note]);
    else if (open.push(note) > VOICES_MAX) open.shift()!.end = tick;
  }

  /** Returns whether the track ends here. */
  #meta(info: MidiTrack, tick: number, end: number): boolean {
    const kind = this.#byte(end);
    const length = this.#variable(end);
    const from = this.#at;
    this.#skip(length, end);
    const data = this.bytes.subarray(from, from + length);
    const file = this.#file;
    const room = (list: unknown[]) => list.length < CHANGES_MAX;
    if (kind === 0x2f) return true;
    if (kind === 0x03 && info.name === '') info.name = textOf(data);
    if (kind === 0x04 && info.instrument === '') info.instrument = textOf(data);
    if (kind === 0x51 && length === 3 && room(file.tempos)) {
      const microsPerQuarter = (data[0]! << 16) | (data[1]! << 8) | data[2]!;
      if (microsPerQuarter > 0) file.tempos.push({ tick, microsPerQuarter });
    }
    if (kind === 0x58 && length >= 2 && room(file.timeSignatures)) {
      const [beats, power] = [data[0]!, data[1]!];
      if (beats > 0 && power <= 6) file.timeSignatures.push({ tick, beats, unit: 2 ** power });
    }
    if (kind === 0x59 && length === 2 && room(file.keySignatures)) {
      const sharps = (data[0]! << 24) >> 24;
      if (Math.abs(sharps) <= 7) file.keySignatures.push({ tick, sharps, minor: data[1] === 1 });
    }
    return false;
  }

  #byte(end: number): number {
    if (this.#at >= end) throw new Malformed('a track is cut off');
    return this.bytes[this.#at++]!;
  }

  #data(end: number): number {
    const byte = this.#byte(end);
    if (byte > 0x7f) throw new Malformed('an event is cut off by the next');
    return byte;
  }

  /** A number of one to four bytes, seven bits each. */
  #variable(end: number): number {
    let value = 0;
    for (let n = 0; n < 4; n++) {
      const byte = this.#byte(end);
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    throw new Malformed('a number has no end');
  }

  #skip(length: number, end: number): void {
    if (this.#at + length > end) throw new Malformed('a track is cut off');
    this.#at += length;
  }

  #text(length: number): string {
    const text = String.fromCharCode(...this.bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return text;
  }
}

/** Text of a file is in no encoding it names: UTF-8 where it is that, else Latin-1. */
function textOf(bytes: Uint8Array): string {
  const short = bytes.subarray(0, TEXT_MAX_BYTES);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: bytes.length <= TEXT_MAX_BYTES }).decode(short);
  } catch {
    text = String.fromCharCode(...short);
  }
  return text.replace(/[\u0000-\u001f\u007f-\u009f\ufffd]+/g, ' ').trim();
}

/** The seconds from the start to each of these ticks, which are in order. */
export function secondsAt(file: MidiFile, ticks: number[]): number[] {
  if (file.ticksPerSecond !== null) return ticks.map((tick) => tick / file.ticksPerSecond!);
  const perQuarter = file.ticksPerQuarter!;
  let place = 0;
  let seconds = 0;
  let from = 0;
  let micros = file.tempos[0]?.microsPerQuarter ?? DEFAULT_MICROS;
  const pass = (to: number) => {
    seconds += ((to - from) / perQuarter) * (micros / 1e6);
    from = to;
  };
  return ticks.map((tick) => {
    for (; place < file.tempos.length && file.tempos[place]!.tick <= tick; place++) {
      pass(file.tempos[place]!.tick);
      micros = file.tempos[place]!.microsPerQuarter;
    }
    pass(tick);
    return seconds;
  });
}

/** How long it sounds. */
export const midiSeconds = (file: MidiFile): number => secondsAt(file, [file.ticks])[0]!;

/** The ticks at which bars begin, up to `most` of them; none where time is not counted in quarters. */
export function barStarts(file: MidiFile, most: number): number[] {
  const starts: number[] = [];
  if (file.ticksPerQuarter === null) return starts;
  const changes = [{ tick: 0, beats: 4, unit: 4 }, ...file.timeSignatures];
  for (const [index, { tick, beats, unit }] of changes.entries()) {
    const end = changes[index + 1]?.tick ?? file.ticks + 1;
    const bar = (file.ticksPerQuarter * 4 * beats) / unit;
    for (let at = tick; at < end && at <= file.ticks; at += bar) {
      if (starts.length >= most) return starts;
      starts.push(at);
    }
  }
  return starts;
}
