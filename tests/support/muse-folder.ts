import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeJson } from '~/client/json-msgpack';
import { ManifestFolder } from '~/client/manifest-folder';
import { writeSnapshotFile } from '~/client/records';
import { objectName, Repository } from '~/client/repository';
import { commitIdsOf } from '~/muse/commit-id';
import { type Id, objectIdOf } from '~/muse/ids';
import { tempFolder } from './muse-fixtures';

/** A commit to be made: its files whole, so that a history reads as a list of states. */
export interface FolderCommit {
  parents?: Id[];
  files: Record<string, string | Uint8Array>;
  message?: string;
  /** Seconds after noon. */
  second?: number;
  branch?: string;
  /** The id covers author and signer's key, and the record names this key. */
  sixFields?: { signerPublicKey: string };
}

/** A `.muse` folder that a test fills as the public CLI would, without a hub or a work tree. */
export class MuseFolder {
  #count = 0;

  private constructor(readonly repository: Repository) {}

  static async make(branch = 'main'): Promise<MuseFolder> {
    const repoId = '11111111-2222-4333-8444-555555555555';
    return new MuseFolder(
      await Repository.init(path.join(tempFolder(), 'repo'), { branch, repoId }),
    );
  }

  get root(): string {
    return this.repository.root;
  }

  /** Writes a commit with its snapshot and objects; moves `branch` to it when one is named. */
  commit(wanted: FolderCommit): Id {
    const { parents = [], files, message = 'a commit', second, branch, sixFields } = wanted;
    const manifest = ManifestFolder.from(
      Object.entries(files).map(([name, content]) => [name, this.#object(content)] as const),
    )!;
    const snapshotId = manifest.snapshotId();
    const committedAt = new Date(Date.UTC(2026, 3, 16, 12, 0, second ?? this.#count++))
      .toISOString()
      .replace('.000Z', '+00:00');
    const extra = encodeJson(new Map([['created_at', committedAt]]));
    this.#write(
      `snapshots/${snapshotId}.json`,
      writeSnapshotFile(snapshotId, manifest, extra, 'bare'),
    );
    const hashed = {
      parents,
      snapshotId,
      message,
      committedAt,
      author: 'ada',
      signerPublicKey: sixFields?.signerPublicKey ?? '',
    };
    const id = commitIdsOf(hashed)[sixFields ? 'six' : 'four'];
    const record = {
      commit_id: id,
      repo_id: this.repository.info().repoId,
      branch: branch ?? 'main',
      snapshot_id: snapshotId,
      message,
      committed_at: committedAt,
      parent_commit_id: parents[0] ?? null,
      parent2_commit_id: parents[1] ?? null,
      author: 'ada',
      metadata: {},
      structured_delta: null,
      format_version: 5,
      reviewed_by: [],
      test_runs: 0,
      ...(hashed.signerPublicKey && { signer_public_key: hashed.signerPublicKey }),
    };
    this.#write(`commits/${id}.json`, `${JSON.stringify(record, null, 2)}\n`);
    if (branch !== undefined) this.setBranch(branch, id);
    return id;
  }

  /** Commits one after the other, each with the files of the one before and its own. */
  line(branch: string, count: number, from: Id | null = null, prefix = branch): Id[] {
    const ids: Id[] = [];
    const files: Record<string, string> = {};
    for (let i = 0; i < count; i++) {
      files[`${prefix}/file-${i % 7}.txt`] = `${prefix} ${i}\n`;
      const parent = ids.at(-1) ?? from;
      ids.push(
        this.commit({
          parents: parent === null ? [] : [parent],
          files: { ...files },
          message: `${prefix} ${i}`,
        }),
      );
    }
    this.setBranch(branch, ids.at(-1)!);
    return ids;
  }

  setBranch(branch: string, id: Id): void {
    this.#write(`refs/heads/${branch}`, id);
  }

  file(name: string): string {
    return readFileSync(path.join(this.repository.folder, name), 'utf8');
  }

  #object(content: string | Uint8Array): Id {
    const bytes = Buffer.from(content);
    const id = objectIdOf(bytes);
    if (!this.repository.hasObject(id)) this.#write(objectName(id), bytes);
    return id;
  }

  #write(name: string, content: string | Uint8Array): void {
    const file = path.join(this.repository.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
