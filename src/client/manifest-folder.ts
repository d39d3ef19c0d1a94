import { createHash } from 'node:crypto';
import { formatId, type Id, type IdFormat } from '~/muse/ids';
import { sortText } from '~/muse/text-order';
import { writeText } from './lossless-json';

/** Changes of one folder, and of those in it; null removes a file. */
interface Changes {
  files: Map<string, Id | null>;
  folders: Map<string, Changes>;
}

/**
 * One folder of a manifest with all that is in it. It never changes; `with` makes another one that
 * shares every folder it did not touch. Each keeps the text of its own files, so that writing the
 * next of a thousand nearly equal snapshots costs little more than copying bytes.
 */
export class ManifestFolder {
  /** `''` for the root, else with a slash at the end. */
  readonly prefix: string;
  readonly files: ReadonlyMap<string, Id>;
  readonly folders: ReadonlyMap<string, ManifestFolder>;
  /** Files in this folder and below. */
  readonly fileCount: number;
  #lines: (string | ManifestFolder)[] | null = null;
  #json: { format: IdFormat; text: string } | null = null;
  #sortedFolders: ManifestFolder[] | null = null;

  /** Folders that are empty must be left out by the caller; no name is file and folder at once. */
  constructor(
    prefix: string,
    files: ReadonlyMap<string, Id>,
    folders: ReadonlyMap<string, ManifestFolder>,
  ) {
    this.prefix = prefix;
    this.files = files;
    this.folders = folders;
    let count = files.size;
    for (const folder of folders.values()) count += folder.fileCount;
    this.fileCount = count;
  }

  static readonly EMPTY = new ManifestFolder('', new Map(), new Map());

  /** The root of a manifest; null when a path is a file and a folder at once. */
  static from(manifest: Iterable<readonly [string, Id]>): ManifestFolder | null {
    return ManifestFolder.EMPTY.with(manifest, []);
  }

  /** This manifest with files added, replaced and removed; null when a path is file and folder. */
  with(add: Iterable<readonly [string, Id]>, remove: Iterable<string>): ManifestFolder | null {
    const changes = newChanges();
    for (const path of remove) note(changes, path, null);
    for (const [path, id] of add) note(changes, path, id);
    return this.#changed(changes);
  }

  #changed(changes: Changes): ManifestFolder | null {
    let files = this.files;
    if (changes.files.size > 0) {
      const changed = new Map(files);
      for (const [name, id] of changes.files) {
        if (id === null) changed.delete(name);
        else changed.set(name, id);
      }
      files = changed;
    }
    let folders = this.folders;
    if (changes.folders.size > 0) {
      const changed = new Map(folders);
      for (const [name, below] of changes.folders) {
        const old = changed.get(name) ?? new ManifestFolder(`${this.prefix}${name}/`, NONE, NONE);
        const folder = old.#changed(below);
        if (folder === null) return null;
        if (folder.fileCount === 0) changed.delete(name);
        else changed.set(name, folder);
      }
      folders = changed;
    }
    const touched = [...changes.files.keys(), ...changes.folders.keys()];
    if (touched.some((name) => files.has(name) && folders.has(name))) return null;
    return new ManifestFolder(this.prefix, files, folders);
  }

  /** Every file with its path. */
  *entries(): Generator<[string, Id]> {
    for (const [name, id] of this.files) yield [this.prefix + name, id];
    for (const folder of this.folders.values()) yield* folder.entries();
  }

  /** The id of the snapshot with this manifest (docs/protocol.md §1). */
  snapshotId(): Id {
    const hash = createHash('sha256');
    const parts: string[] = [];
    this.#collectLines(parts);
    // Lines are joined by NUL and each part holds whole lines.
    for (let i = 0; i < parts.length; i += PARTS_AT_ONCE) {
      if (i > 0) hash.update('\0');
      hash.update(parts.slice(i, i + PARTS_AT_ONCE).join('\0'));
    }
    return hash.digest('hex');
  }

  /** In the order of whole paths, in which `a.b` comes before `a/b`: a folder sorts as `name/`. */
  #collectLines(parts: string[]): void {
    this.#lines ??= this.#makeLines();
    for (const part of this.#lines) {
      if (typeof part === 'string') parts.push(part);
      else part.#collectLines(parts);
    }
  }

  #makeLines(): (string | ManifestFolder)[] {
    const names = [...this.files.keys()];
    for (const name of this.folders.keys()) names.push(`${name}/`);
    const made: (string | ManifestFolder)[] = [];
    let run: string[] = [];
    for (const name of sortText(names)) {
      const id = this.files.get(name);
      if (id !== undefined) run.push(`${this.prefix}${name}\0${id}`);
      else {
        if (run.length > 0) made.push(run.join('\0'));
        run = [];
        made.push(this.folders.get(name.slice(0, -1))!);
      }
    }
    if (run.length > 0) made.push(run.join('\0'));
    return made;
  }

  /**
   * The manifest as the value in a snapshot file, files of a folder before its folders, each by
   * code point: the order in which the public CLI writes them. ASCII only.
   */
  jsonText(format: IdFormat): string {
    if (this.fileCount === 0) return '{}';
    const parts: string[] = [];
    this.#collectJson(parts, format);
    return `{\n${parts.join(',\n')}\n  }`;
  }

  #collectJson(parts: string[], format: IdFormat): void {
    if (this.files.size > 0) {
      if (this.#json?.format !== format) {
        const lines = sortText([...this.files.keys()]).map(
          (name) =>
            `    ${writeText(this.prefix + name)}: "${formatId(this.files.get(name)!, format)}"`,
        );
        this.#json = { format, text: lines.join(',\n') };
      }
      parts.push(this.#json.text);
    }
    this.#sortedFolders ??= sortText([...this.folders.keys()]).map((n) => this.folders.get(n)!);
    for (const folder of this.#sortedFolders) folder.#collectJson(parts, format);
  }
}

/** Parts that are joined before they are hashed. */
const PARTS_AT_ONCE = 64;

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function newChanges(): Changes {
  return { files: new Map(), folders: new Map() };
}

/** Notes the change of a path under the folder that it is in. */
function note(changes: Changes, path: string, id: Id | null): void {
  let at = changes;
  let start = 0;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', start)) {
    const name = path.slice(start, slash);
    let below = at.folders.get(name);
    if (below === undefined) {
      below = newChanges();
      at.folders.set(name, below);
    }
    at = below;
    start = slash + 1;
  }
  at.files.set(path.slice(start), id);
}
