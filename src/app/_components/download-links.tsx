import Download from 'lucide-react/icons/download';
import { archiveAddress, type RepoName } from './address';

const FORMS = ['zip', 'tar.gz'] as const;

/** The archives of a ref, beside other links of one line. */
export function DownloadLinks({ repo, at, name }: { repo: RepoName; at: string; name: string }) {
  return (
    <span className="inline-flex items-center gap-2">
      <Download aria-hidden="true" className="text-muted" size={13} />
      {FORMS.map((form) => (
        <a
          aria-label={`${name} as ${form}`}
          className="link"
          href={archiveAddress(repo, at, form)}
          key={form}
          rel="nofollow"
        >
          {form}
        </a>
      ))}
    </span>
  );
}

/** A menu of the archives of a ref; opens without a script. */
export function DownloadMenu({ repo, at }: { repo: RepoName; at: string }) {
  return (
    <details className="relative">
      <summary className="inline-flex list-none items-center gap-1 text-muted hover:text-ink [&::-webkit-details-marker]:hidden">
        <Download aria-hidden="true" size={14} />
        Download
      </summary>
      <ul className="absolute right-0 z-20 mt-1 w-44 rounded-lg border border-line bg-canvas py-1 shadow-lg max-sm:right-auto max-sm:left-0">
        {FORMS.map((form) => (
          <li key={form}>
            <a
              className="block px-4 py-2 hover:bg-sunken"
              href={archiveAddress(repo, at, form)}
              rel="nofollow"
            >
              Files as <span className="font-mono">.{form}</span>
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
