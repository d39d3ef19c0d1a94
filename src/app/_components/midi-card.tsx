import type { Answers } from '~/server/api/root';
import { NoteRoll } from './note-roll';
import { count, counted, playingTime } from './wording';

type Midi = NonNullable<NonNullable<NonNullable<Answers['tree']['browse']>['file']>['midi']>;

/** A MIDI file: its facts and tracks in words, its notes as a picture. */
export function MidiCard({ midi, name }: { midi: Midi; name: string }) {
  const sounding = midi.tracks
    .map((track, index) => ({ ...track, number: index + 1 }))
    .filter(({ notes, name }) => notes > 0 || name !== '');
  let look = 0;
  return (
    <>
      <p className="flex flex-wrap gap-x-4 gap-y-1 px-4 py-2.5">
        <span>{playingTime(midi.seconds)}</span>
        {midi.tempo && <span>{tempoWords(midi.tempo)}</span>}
        {midi.timeSignatures.length > 0 && <span>{midi.timeSignatures.join(', ')}</span>}
        {midi.keys.length > 0 && <span>{midi.keys.join(', ')}</span>}
        <span>{counted(midi.notes, 'note')}</span>
        {midi.truncated && <span className="text-warn">not all of them are drawn</span>}
      </p>
      <div className="border-line border-y">
        <NoteRoll label={`Notes of ${name}`} svg={midi.svg} />
      </div>
      {sounding.length > 0 && (
        <ul aria-label="Tracks" className="grid gap-x-6 gap-y-1 px-4 py-3 sm:grid-cols-2">
          {sounding.map((track) => (
            <li className="flex min-w-0 items-baseline gap-2" key={track.number}>
              <svg aria-hidden="true" className="shrink-0" height="10" width="10">
                {track.notes > 0 && midi.tracks.length > 1 && (
                  <path className={`roll-key roll-${look++ % 8}`} d="M0 5h10" />
                )}
              </svg>
              <span className="breakable min-w-0 flex-1">
                <bdi>{track.name || `Track ${track.number}`}</bdi>
                {track.instrument && <bdi className="ml-2 text-muted">{track.instrument}</bdi>}
              </span>
              <span className="text-muted text-xs">{counted(track.notes, 'note')}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function tempoWords({ first, lowest, highest }: NonNullable<Midi['tempo']>): string {
  const bpm = (n: number) => count(Math.round(n));
  if (bpm(lowest) === bpm(highest)) return `${bpm(first)} bpm`;
  return `${bpm(first)} bpm at first, ${bpm(lowest)} to ${bpm(highest)}`;
}
