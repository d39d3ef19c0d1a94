import { Card } from './card';
import type { Push } from './push-row';
import { duration } from './wording';

const TONES = ['text-accent', 'text-warn', 'text-good', 'text-muted'];

/** How long a push was in each of its phases. */
export function PhaseBar({ phases }: { phases: Push['phases'] }) {
  const totalMs = phases.reduce((total, { ms }) => total + (ms ?? 0), 0);
  let atPercent = 0;
  const bars = phases.map(({ phase, ms }, n) => {
    const percent = totalMs === 0 ? 0 : (100 * (ms ?? 0)) / totalMs;
    const bar = { phase, x: atPercent, percent, tone: TONES[n]! };
    atPercent += percent;
    return bar;
  });
  return (
    <Card title="Phases">
      <div className="space-y-2 px-4 py-3">
        <svg
          aria-hidden="true"
          className="h-2 w-full overflow-hidden rounded-full bg-sunken"
          preserveAspectRatio="none"
          viewBox="0 0 100 1"
        >
          {bars.map(({ phase, x, percent, tone }) => (
            <rect
              className={tone}
              fill="currentColor"
              height="1"
              key={phase}
              width={percent}
              x={x}
              y="0"
            />
          ))}
        </svg>
        <ul className="space-y-0.5">
          {phases.map(({ phase, ms }, n) => (
            <li className="flex items-center gap-2" key={phase}>
              <span
                aria-hidden="true"
                className={`size-2 shrink-0 rounded-full bg-current ${TONES[n]}`}
              />
              <span className="flex-1">{phase}</span>
              <span className="text-muted tabular-nums">
                {ms === null ? 'under way' : duration(ms)}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}
