import { existsSync, readdirSync } from 'node:fs';
import type { Id } from '~/muse/ids';
import type { FileWriter } from './file-writer';
import { objectName, type Repository } from './repository';

/** From so many questions about one folder on, its names are read at once. */
const ASKED_BEFORE_READ = 8;

interface Folder {
  /** Whether it was there when it was first asked about. */
  existed: boolean;
  asked: number;
  /** Names that were there. */
  read: Set<string> | null;
}

/**
 * Objects on their way into a repository. It knows which ones are there without a look at the disk
 * for each: those it took, and none in a folder that did not exist.
 */
export class ObjectIntake {
  readonly #repository: Repository;
  readonly #writer: FileWriter;
  readonly #taken = new Set<Id>();
  readonly #folders = new Map<string, Folder>();

  /** @param writer whose flush brings the objects to their place */
  constructor(repository: Repository, writer: FileWriter) {
    this.#repository = repository;
    this.#writer = writer;
  }

  /** Whether an object was taken or is in the repository. */
  has(id: Id): boolean {
    if (this.#taken.has(id)) return true;
    const prefix = id.slice(0, 2);
    let folder = this.#folders.get(prefix);
    if (folder === undefined) {
      folder = { existed: existsSync(this.#pathOf(prefix)), asked: 0, read: null };
      this.#folders.set(prefix, folder);
    }
    if (!folder.existed) return false;
    if (folder.read === null) {
      if (folder.asked++ < ASKED_BEFORE_READ) return this.#repository.hasObject(id);
      folder.read = new Set(readdirSync(this.#pathOf(prefix)));
    }
    return folder.read.has(id.slice(2));
  }

  /** Takes an object whose bytes hash to its id, unless it is there. */
  put(id: Id, bytes: Uint8Array): void {
    if (this.has(id)) return;
    this.#taken.add(id);
    this.#writer.putLater(`objects/${id.slice(0, 2)}`, id.slice(2), bytes);
  }

  /** Takes an object piece by piece; the last piece must come only when the whole is its id's. */
  async putPieces(id: Id, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#writer.putPieces(pieces, () => (this.has(id) ? null : objectName(id)));
    this.#taken.add(id);
  }

  #pathOf(prefix: string): string {
    return `${this.#repository.folder}/objects/${prefix}`;
  }
}
