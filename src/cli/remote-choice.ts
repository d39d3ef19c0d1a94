import { ClientError } from '~/client/client-error';
import { looksLikeAddress, parseAddress, type RemoteAddress } from '~/client/remote-address';
import { Repository } from '~/client/repository';

export interface ChosenRemote {
  address: RemoteAddress;
  /** Null for an address that no remote of the repository has. */
  name: string | null;
}

/** The remote that an argument names: an address, the name of a remote, or `origin` when absent. */
export function chooseRemote(repository: Repository, given: string | undefined): ChosenRemote {
  const remotes = repository.remotes();
  if (given !== undefined && looksLikeAddress(given)) {
    const address = parseAddress(given);
    const known = remotes.find(({ url }) => url.replace(/\/+$/, '') === address.url);
    return { address, name: known?.name ?? null };
  }
  const wanted = given ?? 'origin';
  const remote =
    remotes.find(({ name }) => name === wanted) ??
    (given === undefined && remotes.length === 1 ? remotes[0] : undefined);
  if (remote === undefined) {
    const names = remotes.map(({ name }) => name).join(', ');
    throw new ClientError(
      'unknown-remote',
      `There is no remote ${wanted} in .muse/config.toml${names === '' ? '' : ` (there is: ${names})`}.`,
    );
  }
  return { address: parseAddress(remote.url), name: remote.name };
}

/** As `chooseRemote` with the repository around a folder, which an address does without. */
export function chooseRemoteAt(cwd: string, given: string | undefined): ChosenRemote {
  if (given !== undefined && looksLikeAddress(given)) {
    return { address: parseAddress(given), name: null };
  }
  return chooseRemote(Repository.find(cwd), given);
}
