/** A file on its way into an archive. */
export interface ArchiveFile {
  /** Below the archive's own folder, with slashes. */
  path: string;
  /** Bytes of its content, which the parts have together. */
  size: number;
  /** The content, to be read before the next file is asked for. */
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** An archive while it is written: its files, and the one time that all of them bear. */
export interface ArchiveContents {
  files: AsyncIterable<ArchiveFile>;
  /** Milliseconds since 1970; the time of the commit, so that the same commit gives the same bytes. */
  timeMs: number;
}

/** The permissions of every file: a snapshot knows content only. */
export const ARCHIVE_FILE_MODE = 0o644;

/** The parts as they are. Throws when they have not `size` bytes together. */
export async function* exactParts({ path, size, parts }: ArchiveFile): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.byteLength;
    yield part;
  }
  if (bytes !== size) throw new Error(`read ${bytes} of ${size} bytes of ${JSON.stringify(path)}`);
}
