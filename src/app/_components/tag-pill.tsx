import Tag from 'lucide-react/icons/tag';
import { type RepoName, tagsAddress } from './address';

/** A tag by its name, leading to where it stands. */
export function TagPill({ repo, name }: { repo: RepoName; name: string }) {
  return (
    <a
      className="inline-flex min-w-0 max-w-full items-center gap-1 rounded-md border border-transparent bg-warn-soft px-1.5 py-px font-mono text-warn text-xs leading-5 hover:border-warn"
      href={tagsAddress(repo, { q: name })}
    >
      <Tag aria-label="tag" className="shrink-0" size={12} />
      <bdi className="truncate">{name}</bdi>
    </a>
  );
}

/** The tags of a commit; what is beyond `shown` is counted. */
export function TagPills({
  repo,
  names,
  shown,
}: {
  repo: RepoName;
  names: string[];
  shown: number;
}) {
  return (
    <>
      {names.slice(0, shown).map((name) => (
        <TagPill key={name} name={name} repo={repo} />
      ))}
      {names.length > shown && <span>+{names.length - shown} tags</span>}
    </>
  );
}
