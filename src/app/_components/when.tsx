import { absoluteTime, relativeTime } from './wording';

/**
 * A time as one says it, with the absolute one on hover; `focusable` also shows it to those who
 * come with the keyboard. A record's time may be no time: then its own text is shown.
 */
export function When({
  atMs,
  text,
  focusable = false,
}: {
  atMs: number | null;
  text?: string;
  focusable?: boolean;
}) {
  if (atMs === null) return <bdi>{text || 'at an unknown time'}</bdi>;
  return (
    <time
      className={focusable ? 'time-focus' : undefined}
      dateTime={new Date(atMs).toISOString()}
      tabIndex={focusable ? 0 : undefined}
      title={absoluteTime(atMs)}
    >
      {relativeTime(atMs, Date.now())}
    </time>
  );
}
