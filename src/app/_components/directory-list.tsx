import File from 'lucide-react/icons/file';
import Folder from 'lucide-react/icons/folder';
import type { Answers } from '~/server/api/root';
import { fileAddress, type RepoName } from './address';
import { bytes, counted } from './wording';

type Browsed = NonNullable<Answers['tree']['browse']>;

/** The files and folders of a directory. */
export function DirectoryList({
  repo,
  refName,
  path,
  entries,
  entryCount,
}: {
  repo: RepoName;
  refName: string;
  path: string[];
  entries: NonNullable<Browsed['entries']>;
  entryCount: number;
}) {
  if (entryCount === 0) return <p className="px-4 py-6 text-muted">No files.</p>;
  return (
    <>
      {/* Drawn once, used by every row. */}
      <svg aria-hidden="true" className="hidden">
        <symbol id="icon-folder" viewBox="0 0 24 24">
          <Folder fill="currentColor" fillOpacity={0.25} />
        </symbol>
        <symbol id="icon-file" viewBox="0 0 24 24">
          <File />
        </symbol>
      </svg>
      <ul className="divide-y divide-line" data-rows>
        {path.length > 0 && (
          <li>
            <a
              aria-label="Parent folder"
              className="block px-4 py-1.5 text-muted hover:bg-surface"
              href={fileAddress(repo, 'tree', { ref: refName, path: path.slice(0, -1) })}
            >
              ..
            </a>
          </li>
        )}
        {entries.map(({ kind, name, size }) => (
          <li className="flex items-center gap-2.5 px-4 py-1.5 hover:bg-surface" key={name}>
            <svg
              aria-hidden="true"
              className={`size-4 shrink-0 ${kind === 'dir' ? 'text-accent' : 'text-muted'}`}
            >
              <use href={kind === 'dir' ? '#icon-folder' : '#icon-file'} />
            </svg>
            <a
              className="breakable min-w-0 flex-1 hover:text-accent hover:underline"
              href={fileAddress(repo, kind === 'dir' ? 'tree' : 'blob', {
                ref: refName,
                path: [...path, name],
              })}
            >
              <bdi>{name}</bdi>
              {kind === 'dir' && <span className="sr-only"> (folder)</span>}
            </a>
            {size !== null && <span className="shrink-0 text-muted text-xs">{bytes(size)}</span>}
          </li>
        ))}
      </ul>
      {entryCount > entries.length && (
        <p className="border-line border-t px-4 py-2 text-muted">
          {counted(entryCount - entries.length, 'more entry', 'more entries')} not listed.
        </p>
      )}
    </>
  );
}
