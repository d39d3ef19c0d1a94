import {
  endsAsZip,
  type Format,
  formatAtStart,
  HTML,
  hasScript,
  isPdfWithin,
  isTar,
  PDF,
  SVG,
  scriptInMedia,
  TAR,
  ZIP,
} from './file-format';

/** What the polyglot check looks at (docs/protocol.md §6). */
export const POLYGLOT_HEAD_BYTES = 4 * 1024;
export const POLYGLOT_TAIL_BYTES = 66 * 1024;

/**
 * Looks whether a file is valid in two formats of which one is active (docs/protocol.md §6): an
 * image that is an archive too, a page hidden in a picture. An archive that merely holds other
 * files is not, nor is text that merely speaks of tags.
 *
 * @param head the first `POLYGLOT_HEAD_BYTES` of the file, or all of it.
 * @param tail the last `POLYGLOT_TAIL_BYTES` of it, or all of it.
 * @param size bytes of the file.
 * @returns the names of the two, that of the start first, e.g. `gif+zip`; '' for none.
 */
export function checkPolyglot(head: Uint8Array, tail: Uint8Array, size: number): string {
  const formats = formatsOf(head, tail, size);
  if (formats.length < 2) return '';
  const isActive = (format: Format) =>
    format.kind === 'active' || ((format === HTML || format === SVG) && hasScript(head, tail));
  const at = formats.findIndex(isActive);
  if (at === -1) return '';
  const [one, other] = at < 2 ? formats : [formats[0], formats[at]];
  return `${one!.name}+${other!.name}`;
}

/** Every format of the file, that of its first byte first. */
function formatsOf(head: Uint8Array, tail: Uint8Array, size: number): Format[] {
  const formats: Format[] = [];
  const first = formatAtStart(head, size);
  if (first) formats.push(first);
  if (isTar(head)) formats.push(TAR);
  const holder = formats.some((format) => format.kind === 'container');
  const zip = first !== ZIP && endsAsZip(tail, size, holder);
  // Most files are text: nothing begins them, no archive ends them, and a PDF alone is one format.
  if (formats.length === 0 && !zip) return formats;
  if (first !== PDF && isPdfWithin(head, tail)) formats.push(PDF);
  if (zip) formats.push(ZIP);
  if (first?.kind === 'media') {
    const hidden = scriptInMedia(head, tail);
    if (hidden) formats.push(hidden);
  }
  return formats;
}
