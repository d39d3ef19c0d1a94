import { formatId, type Id, type IdFormat, sha256 } from '~/muse/ids';
import { sortText } from '~/muse/text-order';
import { GrowingBuffer } from './growing-buffer';
import { writeText } from './lossless-json';
import { SortedLines } from './sorted-lines';

/** Changes of one folder, and of those in it; null removes a file. */
interface Changes {
  files: Map<string, Id | null>;
  folders: Map<string, Changes>;
}

/**
 * One folder of a manifest with all that is in it. It never changes; `with` makes another one that
 * shares every folder it did not touch. Each keeps the lines of its own files as bytes, so that the
 * next of a thousand nearly equal snapshots is hashed and written by copying them.
 */
export class ManifestFolder {
  /** `''` for the root, else with a slash at the end. */
  readonly prefix: string;
  readonly files: ReadonlyMap<string, Id>;
  readonly folders: ReadonlyMap<string, ManifestFolder>;
  /** Files in this folder and below. */
  readonly fileCount: number;
  /** What each of its own files adds to the bytes whose hash is the snapshot's id. */
  #hashed: SortedLines | null = null;
  /** What each of its own files adds to a snapshot file. */
  #json: { format: IdFormat; lines: SortedLines } | null = null;
  #hashedParts: (Uint8Array | ManifestFolder)[] | null = null;
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
    const next = new ManifestFolder(this.prefix, files, folders);
    next.#takeLines(this, changes.files);
    return next;
  }

  /** Takes what is known of the lines of another folder, which differs by some files. */
  #takeLines(old: ManifestFolder, changed: ReadonlyMap<string, Id | null>): void {
    if (changed.size === 0) {
      this.#hashed = old.#hashed;
      this.#json = old.#json;
      return;
    }
    const lineOf =
      (write: (name: string, id: Id) => string) =>
      (name: string): string | null => {
        const id = this.files.get(name);
        return id === undefined ? null : write(name, id);
      };
    if (old.#hashed !== null) {
      this.#hashed = old.#hashed.with(
        changed.keys(),
        lineOf((name, id) => this.#hashedLine(name, id)),
      );
    }
    if (old.#json !== null) {
      const { format, lines } = old.#json;
      const write = (name: string, id: Id) => this.#jsonLine(name, id, format);
      this.#json = { format, lines: lines.with(changed.keys(), lineOf(write)) };
    }
  }

  /** Every file with its path. */
  *entries(): Generator<[string, Id]> {
    for (const [name, id] of this.files) yield [this.prefix + name, id];
    for (const folder of this.folders.values()) yield* folder.entries();
  }

  /** The id of the snapshot with this manifest (docs/protocol.md §1). */
  snapshotId(): Id {
    hashed.cut(0);
    this.#collectHashed();
    // Lines are joined by NUL: the last has none.
    hashed.cut(Math.max(0, hashed.length - 1));
    return sha256(hashed.view());
  }

  /** In the order of whole paths, in which `a.b` comes before `a/b`: a folder sorts as `name/`. */
  #collectHashed(): void {
    this.#hashedParts ??= this.#makeHashedParts();
    for (const part of this.#hashedParts) {
      if (part instanceof ManifestFolder) part.#collectHashed();
      else hashed.append(part);
    }
  }

  #makeHashedParts(): (Uint8Array | ManifestFolder)[] {
    this.#hashed ??= SortedLines.from(this.files.keys(), (name) =>
      this.#hashedLine(name, this.files.get(name)!),
    );
    const { bytes } = this.#hashed;
    const parts: (Uint8Array | ManifestFolder)[] = [];
    let start = 0;
    for (const name of sortText([...this.folders.keys()].map((each) => `${each}/`))) {
      const end = this.#hashed.offsetOf(name);
      if (end > start) parts.push(bytes.subarray(start, end));
      parts.push(this.folders.get(name.slice(0, -1))!);
      start = end;
    }
    if (bytes.length > start) parts.push(bytes.subarray(start));
    return parts;
  }

  #hashedLine(name: string, id: Id): string {
    return `${this.prefix}${name}\0${id}\0`;
  }

  /**
   * Appends the manifest as the value in a snapshot file, files of a folder before its folders,
   * each by code point: the order in which the public CLI writes them. ASCII only.
   */
  appendJson(out: GrowingBuffer, format: IdFormat): void {
    out.appendAscii('{');
    if (this.fileCount > 0) {
      out.appendAscii('\n');
      this.#collectJson(out, format);
      out.cut(out.length - LINE_END.length);
      out.appendAscii('\n  ');
    }
    out.appendAscii('}');
  }

  #collectJson(out: GrowingBuffer, format: IdFormat): void {
    if (this.files.size > 0) {
      if (this.#json?.format !== format) {
        const write = (name: string) => this.#jsonLine(name, this.files.get(name)!, format);
        this.#json = { format, lines: SortedLines.from(this.files.keys(), write) };
      }
      out.append(this.#json.lines.bytes);
    }
    this.#sortedFolders ??= sortText([...this.folders.keys()]).map((n) => this.folders.get(n)!);
    for (const folder of this.#sortedFolders) folder.#collectJson(out, format);
  }

  #jsonLine(name: string, id: Id, format: IdFormat): string {
    return `    ${writeText(this.prefix + name)}: "${formatId(id, format)}"${LINE_END}`;
  }
}

const LINE_END = ',\n';

/** Where the bytes of one manifest after the other are put together. */
const hashed = new GrowingBuffer(64 * 1024);

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
