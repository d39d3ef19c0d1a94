import { crc32 } from './crc32';

/** Small real files of many formats, to be joined in ways nobody should. */

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** A chunk of a PNG: length, type, data, checksum. */
function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([latin1(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** One transparent pixel, with a text chunk. */
export function png(text = 'made by hand'): Buffer {
  return Buffer.concat([
    latin1('\x89PNG\r\n\x1a\n'),
    pngChunk('IHDR', Buffer.from('00000001000000010804000000', 'hex')),
    pngChunk('tEXt', latin1(`Comment\0${text}`)),
    pngChunk('IDAT', Buffer.from('789c636000000002000148afa471', 'hex')),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

export const gif = (comment = '') =>
  Buffer.concat([
    latin1('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff'),
    comment
      ? Buffer.concat([
          latin1(`!\xfe${String.fromCharCode(comment.length)}`),
          latin1(`${comment}\0`),
        ])
      : Buffer.alloc(0),
    latin1(',\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;'),
  ]);

/** The frame of a JPEG with an EXIF-like segment; no pixels. */
export const jpeg = (exif = 'Exif\0\0') => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(exif.length + 2);
  return Buffer.concat([
    latin1('\xff\xd8\xff\xe1'),
    length,
    latin1(exif),
    Buffer.alloc(300, 0x5a),
    latin1('\xff\xd9'),
  ]);
};

export const webp = () =>
  Buffer.concat([latin1('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0'), Buffer.alloc(14)]);
export const wav = () =>
  Buffer.concat([latin1('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0'), Buffer.alloc(20)]);
export const mp3 = () => Buffer.concat([latin1('\xff\xfb\x90\x00'), Buffer.alloc(600, 7)]);
export const midi = () => latin1('MThd\0\0\0\x06\0\x01\0\x01\x01\xe0MTrk\0\0\0\x04\0\xff/\0');

/** A ZIP archive with one stored file, `base` bytes from the start of the file it is put into. */
export function zip(name: string, content: Uint8Array, comment = '', base = 0): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt32LE(crc32(content), 14);
  local.writeUInt32LE(content.length, 18);
  local.writeUInt32LE(content.length, 22);
  local.writeUInt16LE(name.length, 26);
  const file = Buffer.concat([local, latin1(name), content]);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 6);
  local.copy(entry, 16, 14, 28);
  entry.writeUInt32LE(base, 42);
  const directory = Buffer.concat([entry, latin1(name)]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(base + file.length, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([file, directory, end, latin1(comment)]);
}

export function pdf(): Buffer {
  const body = [
    '%PDF-1.4',
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
    '2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj',
    '',
  ].join('\n');
  const table = 'xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n';
  return latin1(`${body}${table}trailer<</Size 3/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`);
}

/** A tar archive with one file. */
export function tar(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  // Mode, owner and group.
  for (const [at, number] of [
    [100, '0000644'],
    [108, '0000000'],
    [116, '0000000'],
  ] as const)
    header.write(number, at, 'latin1');
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

export const elf = () => Buffer.concat([latin1('\x7fELF\x02\x01\x01'), Buffer.alloc(500)]);
export const wasm = () => latin1('\0asm\x01\0\0\0\x01\x04\x01`\0\0');
export function pe(): Buffer {
  const file = Buffer.alloc(300);
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(0x80, 0x3c);
  file.write('PE\0\0', 0x80, 'latin1');
  return file;
}

export const html = (body = '<script>alert(1)</script>') =>
  latin1(`<!doctype html>\n<html><body>${body}</body></html>\n`);
export const svg = (inner = '<script>alert(1)</script>') =>
  latin1(`<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">${inner}</svg>\n`);
export const shell = () => latin1('#!/bin/sh\nexec echo hello\n');
export const php = () => latin1('<?php echo 1;\n');
