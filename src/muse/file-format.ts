import type { Buffer } from 'node:buffer';
import { asBuffer } from './tree';

/**
 * Formats of files by their bytes, for the question whether a file is two things at once. An
 * `active` format runs, or opens with power; a `container` holds other files in full, so that what
 * is found inside says nothing; in `media` there is no honest reason for a script.
 */
export interface Format {
  name: string;
  kind: 'active' | 'container' | 'media';
}

const active = (name: string): Format => ({ name, kind: 'active' });
const container = (name: string): Format => ({ name, kind: 'container' });
const media = (name: string): Format => ({ name, kind: 'media' });

export const PDF = active('pdf');
export const ZIP = active('zip');
export const TAR = container('tar');
/** Active only with a script in it: see `hasScript`. */
export const HTML = container('html');
export const SVG = container('svg');
const PE = active('pe');
const MACHO = active('macho');
const JAVA_CLASS = active('class');
const SCRIPT = active('script');
const HIDDEN_HTML = active('html');
const HIDDEN_PHP = active('php');

/** Formats that begin with fixed bytes (latin1). */
const MAGIC: readonly [bytes: string, format: Format][] = [
  ['\x89PNG\r\n\x1a\n', media('png')],
  ['\xff\xd8\xff', media('jpeg')],
  ['GIF87a', media('gif')],
  ['GIF89a', media('gif')],
  ['MThd\0\0\0\x06', media('midi')],
  ['OggS\0', media('ogg')],
  ['fLaC\0\0\0\x22', media('flac')],
  ['ID3\x02', media('mp3')],
  ['ID3\x03', media('mp3')],
  ['ID3\x04', media('mp3')],
  ['II*\0', media('tiff')],
  ['MM\0*', media('tiff')],
  ['8BPS\0\x01', media('psd')],
  ['\0\0\x01\0', media('ico')],
  ['\x1aE\xdf\xa3', media('matroska')],
  ['wOFF', media('font')],
  ['wOF2', media('font')],
  ['%PDF-', PDF],
  ['PK\x03\x04', ZIP],
  ['PK\x05\x06', ZIP],
  ['\x7fELF', active('elf')],
  ['\0asm\x01\0\0\0', active('wasm')],
  ['\xfe\xed\xfa\xce', MACHO],
  ['\xfe\xed\xfa\xcf', MACHO],
  ['\xce\xfa\xed\xfe', MACHO],
  ['\xcf\xfa\xed\xfe', MACHO],
  ['<?php', active('php')],
  ['\x1f\x8b\x08', container('gzip')],
  ['BZh', container('bzip2')],
  ['\xfd7zXZ\0', container('xz')],
  ["7z\xbc\xaf'\x1c", container('7z')],
  ['Rar!\x1a\x07', container('rar')],
  ['SQLite format 3\0', container('sqlite')],
];

const MAGIC_BY_BYTE: readonly (typeof MAGIC)[] = Array.from({ length: 256 }, (_, byte) =>
  MAGIC.filter(([bytes]) => bytes.charCodeAt(0) === byte),
);

/** Formats whose first bytes are too common: a closer look, by the first byte. */
const CLOSER = new Map<number, (head: Uint8Array, size: number) => Format | null>([
  [0x23, (head) => (/^#! ?\//.test(latin1(head.subarray(0, 4))) ? SCRIPT : null)],
  [0x42, (head, size) => (isBmp(head, size) ? media('bmp') : null)],
  [0x4d, (head) => (isPe(head) ? PE : null)],
  [0x52, riffFormat],
  [0xca, cafebabeFormat],
  [0xff, (head) => (isMpegAudio(head) ? media('mp3') : null)],
  // '<', white space and the byte order mark.
  ...[0x3c, 0x09, 0x0a, 0x0d, 0x20, 0xef].map((byte) => [byte, markupFormat] as const),
]);

const hasText = (bytes: Uint8Array, at: number, text: string): boolean => {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
};

const latin1 = (bytes: Uint8Array) => asBuffer(bytes).toString('latin1');

/** The format that begins with the first byte of a file; null for text and what is not known. */
export function formatAtStart(head: Uint8Array, size: number): Format | null {
  const byte = head[0];
  if (byte === undefined) return null;
  for (const [bytes, format] of MAGIC_BY_BYTE[byte]!) if (hasText(head, 0, bytes)) return format;
  const found = CLOSER.get(byte)?.(head, size);
  if (found) return found;
  return head[4] === 0x66 && hasText(head, 4, 'ftyp') ? media('mp4') : null;
}

function isBmp(head: Uint8Array, size: number): boolean {
  if (!hasText(head, 0, 'BM') || head.length < 26) return false;
  const header = asBuffer(head);
  const info = header.readUInt32LE(14);
  return (
    header.readUInt32LE(6) === 0 && header.readUInt32LE(10) < size && info >= 12 && info <= 124
  );
}

function isPe(head: Uint8Array): boolean {
  if (!hasText(head, 0, 'MZ') || head.length < 64) return false;
  return hasText(head, asBuffer(head).readUInt32LE(0x3c), 'PE\0\0');
}

function riffFormat(head: Uint8Array): Format | null {
  if (!hasText(head, 0, 'RIFF')) return null;
  if (hasText(head, 8, 'WEBP')) return media('webp');
  if (hasText(head, 8, 'WAVE')) return media('wav');
  return hasText(head, 8, 'AVI ') ? media('avi') : null;
}

/** A Mach-O of several machines and a Java class share a magic; the next number tells them apart. */
function cafebabeFormat(head: Uint8Array): Format | null {
  if (!hasText(head, 0, '\xca\xfe\xba\xbe') || head.length < 8) return null;
  return asBuffer(head).readUInt32BE(4) < 40 ? MACHO : JAVA_CLASS;
}

/** A frame of MPEG audio, layer III, with a bit rate and a sample rate that exist. */
function isMpegAudio(head: Uint8Array): boolean {
  const [, kind = 0, rates = 0xff] = head;
  return (
    (kind & 0xe6) === 0xe2 && (kind & 0x18) !== 0x08 && rates >> 4 !== 15 && (rates & 12) !== 12
  );
}

const MARKUP =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[\s\S])*-->\s*)*(?:<!doctype\s+(html|svg)|<(html|head|body|script|svg)[\s>/]|(<!--))/i;

function markupFormat(head: Uint8Array): Format | null {
  const found = MARKUP.exec(latin1(head));
  if (!found) return null;
  return (found[1] ?? found[2] ?? '').toLowerCase() === 'svg' ? SVG : HTML;
}

/** Whether a tar header with a true checksum stands at the start. */
export function isTar(head: Uint8Array): boolean {
  if (head[257] !== 0x75 || !hasText(head, 257, 'ustar') || head.length < 512) return false;
  const declared = Number.parseInt(latin1(head.subarray(148, 156)).replace(/\0.*$/, ''), 8);
  let sum = 8 * 0x20;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += head[i]!;
  return sum === declared;
}

/** Readers take a PDF whose header stands anywhere in the first KiB. */
const PDF_HEADER_WITHIN = 1024;

/** Whether a PDF header stands near the start and a PDF's end at the end. */
export function isPdfWithin(head: Uint8Array, tail: Uint8Array): boolean {
  const start = asBuffer(head.subarray(0, PDF_HEADER_WITHIN));
  const at = start.indexOf('%PDF-', 0, 'latin1');
  if (at === -1 || !/^%PDF-\d\.\d/.test(start.toString('latin1', at, at + 8))) return false;
  const end = latin1(tail.subarray(Math.max(0, tail.length - PDF_HEADER_WITHIN)));
  return /startxref\s+\d+\s+%%EOF/.test(end);
}

const ZIP_END_BYTES = 22;
const ZIP_END = 0x06054b50;
const ZIP_DIRECTORY = 0x02014b50;
/** A byte of the end record that text never has. */
const ZIP_END_RARE_BYTE = 0x05;

/**
 * Whether a ZIP archive ends the file: an end record whose numbers agree with each other and which
 * its directory precedes. Readers differ in whether bytes may follow it; `exactly` allows none.
 */
export function endsAsZip(tail: Uint8Array, size: number, exactly: boolean): boolean {
  if (!tail.includes(ZIP_END_RARE_BYTE)) return false;
  const bytes = asBuffer(tail);
  let at = bytes.length - ZIP_END_BYTES;
  for (; at >= 0; at--) {
    at = bytes.lastIndexOf('PK\x05\x06', at, 'latin1');
    if (at === -1) return false;
    if (isZipEnd(bytes, at, size, exactly)) return true;
  }
  return false;
}

function isZipEnd(tail: Buffer, at: number, size: number, exactly: boolean): boolean {
  if (tail.readUInt32LE(at) !== ZIP_END) return false;
  const here = tail.readUInt16LE(at + 8);
  const entries = tail.readUInt16LE(at + 10);
  const directoryBytes = tail.readUInt32LE(at + 12);
  const end = at + ZIP_END_BYTES + tail.readUInt16LE(at + 20);
  const before = size - tail.length + at;
  if (here !== entries || directoryBytes > before || directoryBytes < entries * 46) return false;
  if (exactly ? end !== tail.length : end > tail.length) return false;
  if (entries === 0) return directoryBytes === 0 && end === tail.length;
  const directory = at - directoryBytes;
  if (directory < 0) return end === tail.length;
  return tail.readUInt32LE(directory) === ZIP_DIRECTORY;
}

const SCRIPT_TAG = /<script[\s/>]/i;
const EVENT_ATTRIBUTE =
  /<(?:svg|img|body|iframe|video|audio|details)\s[^<>]{0,400}\bon[a-z]{3,24}\s*=/i;
const PHP_TAG = /<\?php\s/i;

/** Whether markup does something, as far as its ends show. */
export function hasScript(head: Uint8Array, tail: Uint8Array): boolean {
  return [latin1(head), latin1(tail)].some(
    (text) => SCRIPT_TAG.test(text) || EVENT_ATTRIBUTE.test(text) || /javascript:/i.test(text),
  );
}

/** The active format whose tags are hidden in bytes of media; null when there are none. */
export function scriptInMedia(head: Uint8Array, tail: Uint8Array): Format | null {
  for (const part of [head, tail]) {
    const text = latin1(part);
    if (PHP_TAG.test(text)) return HIDDEN_PHP;
    if (SCRIPT_TAG.test(text) || EVENT_ATTRIBUTE.test(text)) return HIDDEN_HTML;
  }
  return null;
}
