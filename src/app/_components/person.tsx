import Bot from 'lucide-react/icons/bot';
import { ownerAddress } from './address';
import { Avatar } from './avatar';

/** An account, leading to its page. */
export function Person({ handle, kind }: { handle: string; kind?: 'human' | 'agent' }) {
  return (
    <a
      className="inline-flex min-w-0 max-w-full items-center gap-1.5 font-medium hover:underline"
      href={ownerAddress(handle)}
    >
      <Avatar name={handle} />
      <bdi className="truncate">{handle}</bdi>
      {kind === 'agent' && <Bot aria-label="agent" className="shrink-0 text-muted" size={14} />}
    </a>
  );
}

/** Who a record says its author is: a link when there is such an account, else only a name. */
export function Author({ name, handle }: { name: string; handle: string | null }) {
  if (handle !== null) return <Person handle={handle} />;
  return (
    <span className="inline-flex min-w-0 max-w-full items-center gap-1.5 font-medium">
      <Avatar name={name} />
      <bdi className="truncate">{name || 'no author'}</bdi>
    </span>
  );
}
