import { existsSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import type { Id } from '~/muse/ids';
import { clashingNames } from './branch-refs';
import { ClientError, fileError } from './client-error';
import { fetchHeads, formatted } from './fetch';
import type { Caller } from './http';
import { getRefs, type RemoteRefs } from './hub-api';
import { KeptObjects } from './kept-objects';
import type { FetchProgress, FetchReport } from './receive-fetch';
import type { RemoteAddress } from './remote-address';
import { headName, isFree, Repository, remoteHeadName } from './repository';
import { type CheckoutReport, checkout } from './work-tree';

export interface CloneOptions {
  /** The folder to make; it must not exist or be empty. */
  folder: string;
  onProgress?: (progress: FetchProgress) => void;
  /** Told when the files are about to be written. */
  onCheckout?: (files: number) => void;
}

export interface CloneResult {
  repository: Repository;
  branch: string;
  head: Id | null;
  branches: number;
  /** Null for a repository without commits. */
  received: FetchReport | null;
  files: CheckoutReport | null;
}

export const ORIGIN = 'origin';
/** Of objects that the checkout need not read from disk again. */
const KEPT_BYTES_MAX = 32 * 1024 ** 2;

/**
 * Makes a copy of a remote repository: its whole history, a branch for each of its branches, the
 * remote `origin`, and the files of the default branch. When it fails, nothing of it is left.
 */
export async function clone(
  remote: RemoteAddress,
  caller: Caller,
  options: CloneOptions,
): Promise<CloneResult> {
  const root = path.resolve(options.folder);
  if (!isFree(root)) {
    throw new ClientError('folder-in-use', `${root} exists and is not an empty folder.`);
  }
  const existed = existsSync(root);
  const refs = await getRefs(remote, caller);
  const clash = clashingNames(refs.heads.keys());
  if (clash !== null) {
    throw new ClientError(
      'bad-branch-name',
      `The branches ${clash[0]} and ${clash[1]} cannot be stored side by side.`,
      { fix: 'Rename one of them on the hub.' },
    );
  }
  try {
    return await cloneInto(root, remote, caller, refs, options);
  } catch (error) {
    if (existed) {
      for (const name of await fs.readdir(root)) rmSync(path.join(root, name), { recursive: true });
    } else rmSync(root, { recursive: true, force: true });
    throw fileError(error, `write into ${root}`);
  }
}

async function cloneInto(
  root: string,
  remote: RemoteAddress,
  caller: Caller,
  refs: RemoteRefs,
  options: CloneOptions,
): Promise<CloneResult> {
  const branch = refs.heads.has(refs.defaultBranch)
    ? refs.defaultBranch
    : ([...refs.heads.keys()][0] ?? refs.defaultBranch);
  await fs.mkdir(root, { recursive: true });
  const { repoId, domain } = refs;
  const repository = await Repository.init(root, { repoId, domain, branch });
  await repository.setRemote({ name: ORIGIN, url: remote.url, branch });
  const kept = new KeptObjects(KEPT_BYTES_MAX);
  const received = await fetchHeads(repository, remote, caller, refs, options.onProgress, kept);
  await repository.write((writer) => {
    for (const [name, id] of refs.heads) {
      writer.put(headName(name), formatted(id, refs));
      writer.put(remoteHeadName(ORIGIN, name), formatted(id, refs));
    }
  });
  const head = refs.heads.get(branch) ?? null;
  let files: CheckoutReport | null = null;
  if (head !== null) {
    const { manifest } = repository.snapshot(repository.commit(head).commit.snapshotId);
    options.onCheckout?.(manifest.length);
    files = await checkout(repository, manifest, { kept, signal: caller.signal });
  }
  return { repository, branch, head, branches: refs.heads.size, received, files };
}
