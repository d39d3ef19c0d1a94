/** Bytes of a path, and of one of its segments (docs/protocol.md §6). */
export const PATH_MAX_BYTES = 4_096;
export const PATH_SEGMENT_MAX_BYTES = 255;

/** C0 and C1 controls, DEL, backslash. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\\]/;
/** Printable ASCII but the backslash, as nearly every path: only length and segments need a look. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

const utf8Length = (text: string) => Buffer.byteLength(text, 'utf8');

/** Whether a segment is the repository's own folder, in any case, also by Unicode's case pairs. */
const isMuseFolder = (segment: string) =>
  segment.length === 5 && segment.charCodeAt(0) === 0x2e && segment.toUpperCase() === '.MUSE';

/**
 * Checks the path of a file in a snapshot (docs/protocol.md §6).
 *
 * @returns why it is refused, as the end of a sentence ("the path …"), or null when it is allowed.
 * That no path is both a file and a directory is a rule of the whole manifest: see
 * `ManifestTree.apply`.
 */
export function checkPath(path: string): string | null {
  if (path.length === 0) return 'is empty';
  const plain = PLAIN.test(path);
  if (!plain) {
    if (path.includes('\0')) return 'holds a NUL';
    if (path.includes('\\')) return 'holds a backslash';
    if (FORBIDDEN.test(path)) return 'holds a control character';
    if (LONE_SURROGATE.test(path)) return 'is not valid Unicode text';
  }
  const bytes = plain ? path.length : utf8Length(path);
  if (bytes > PATH_MAX_BYTES) return `is longer than ${PATH_MAX_BYTES} bytes`;
  if (path.charCodeAt(0) === 0x2f) return 'begins with a slash';
  for (let start = 0; start <= path.length; ) {
    const slash = path.indexOf('/', start);
    const end = slash === -1 ? path.length : slash;
    const problem = checkSegment(path, start, end, plain);
    if (problem !== null) return problem;
    start = end + 1;
  }
  return null;
}

function checkSegment(path: string, start: number, end: number, plain: boolean): string | null {
  const length = end - start;
  if (length === 0) return 'has an empty segment';
  if (path.charCodeAt(start) === 0x2e) {
    if (length === 1) return 'has the segment "."';
    if (length === 2 && path.charCodeAt(start + 1) === 0x2e) return 'has the segment ".."';
    if (isMuseFolder(path.slice(start, end))) return 'has the segment ".muse"';
  }
  const bytes =
    plain || length * 3 <= PATH_SEGMENT_MAX_BYTES ? length : utf8Length(path.slice(start, end));
  return bytes > PATH_SEGMENT_MAX_BYTES
    ? `has a segment longer than ${PATH_SEGMENT_MAX_BYTES} bytes`
    : null;
}
