import { CopyButton } from './copy-button';

/** An id, whole, with what it is the id of, and a way to copy it. */
export function IdChip({ id, of }: { id: string; of: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <span className="min-w-0">
        <code className="breakable font-mono text-xs">{id}</code>{' '}
        <span className="text-muted text-xs">{of}</span>
      </span>
      <CopyButton label={`the ${of} id`} text={id} />
    </span>
  );
}
