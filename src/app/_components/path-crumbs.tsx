import { fileAddress, type RepoName } from './address';
import { CopyButton } from './copy-button';

/** Where a file or directory lies, each step leading there. */
export function PathCrumbs({
  repo,
  refName,
  path,
}: {
  repo: RepoName;
  refName: string;
  path: string[];
}) {
  return (
    <nav aria-label="Path" className="flex min-w-0 items-center gap-1">
      <ol className="flex min-w-0 flex-wrap items-center text-[0.9375rem]">
        <li>
          <a
            className="link font-semibold"
            href={fileAddress(repo, 'tree', { ref: refName, path: [] })}
          >
            <bdi>{repo.slug}</bdi>
          </a>
        </li>
        {path.map((name, index) => {
          const last = index === path.length - 1;
          const address = fileAddress(repo, 'tree', {
            ref: refName,
            path: path.slice(0, index + 1),
          });
          return (
            <li className="flex min-w-0 items-center" key={address}>
              <span aria-hidden="true" className="px-1.5 text-muted">
                /
              </span>
              {last ? (
                <bdi aria-current="page" className="breakable min-w-0 font-semibold">
                  {name}
                </bdi>
              ) : (
                <a className="link breakable min-w-0" href={address}>
                  <bdi>{name}</bdi>
                </a>
              )}
            </li>
          );
        })}
      </ol>
      {path.length > 0 && <CopyButton label="the path" text={path.join('/')} />}
    </nav>
  );
}
