import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { decodeObject, ObjectDecoder } from '~/muse/object-decoder';
import { checkPolyglot, POLYGLOT_HEAD_BYTES, POLYGLOT_TAIL_BYTES } from '~/muse/polyglot';
import * as made from '~tests/support/crafted-files';

const check = (file: Uint8Array): string =>
  checkPolyglot(
    file.subarray(0, POLYGLOT_HEAD_BYTES),
    file.subarray(Math.max(0, file.length - POLYGLOT_TAIL_BYTES)),
    file.length,
  );

const join = (...parts: (Uint8Array | string)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  );

const script = '<script>alert(1)</script>';
const jar = (base = 0, comment = '') =>
  made.zip('A.class', Buffer.from('cafebabe', 'hex'), comment, base);
const pixels = randomBytes(200_000);

describe('a file that is two things at once is named by both', () => {
  it.each<[string, Uint8Array]>([
    ['gif+zip', join(made.gif(), jar())],
    ['png+zip', join(made.png(), jar())],
    ['jpeg+zip', join(made.jpeg(), pixels, jar())],
    ['wav+zip', join(made.wav(), jar())],
    ['mp3+zip', join(made.mp3(), jar())],
    ['midi+zip', join(made.midi(), jar())],
    ['pdf+zip', join(made.pdf(), jar())],
    // The archive's comment holds the end of the PDF, so that both end at the end.
    ['pdf+zip', join('%PDF-1.4\n', jar(9, '\nstartxref\n9\n%%EOF\n'))],
    ['script+zip', join(made.shell(), jar())],
    ['pe+zip', join(made.pe(), jar())],
    ['elf+zip', join(made.elf(), pixels, jar())],
    ['html+zip', join(made.html(), jar())],
    ['html+zip', join(made.html('<p>no script at all</p>'), jar())],
    ['php+zip', join(made.php(), jar())],
    ['gif+pdf', join(made.gif('%PDF-1.4 comment'), made.pdf().subarray(9))],
    ['jpeg+pdf', join(made.jpeg('%PDF-1.7 comment'), pixels, made.pdf().subarray(9))],
    ['pe+pdf', join(made.pe(), made.pdf())],
    ['html+pdf', join('<html><!--', made.pdf(), '-->')],
    ['pdf+zip', join('some text first\n', made.pdf(), jar())],
    ['png+html', made.png(`<html>${script}`)],
    ['png+html', join(made.png(), pixels, script)],
    ['gif+html', made.gif(script)],
    ['jpeg+html', made.jpeg(`Exif\0\0<img src=x onerror=alert(1)>`)],
    ['webp+html', join(made.webp(), '<SCRIPT src=//x>')],
    ['jpeg+php', made.jpeg('Exif\0\0<?php system($_GET[0]); ?>')],
    ['png+php', join(made.png(), '<?php\nphpinfo();')],
    ['html+tar', made.tar('<html><script>alert(1)</script>', Buffer.from('x'))],
    ['script+tar', made.tar('#!/bin/sh', Buffer.from('x'))],
    ['pdf+tar', made.tar('%PDF-1.4', Buffer.from('x'))],
    ['elf+tar', made.tar('\x7fELF\x02', Buffer.from('x'))],
    // Readers take an archive with other bytes after it.
    ['gif+zip', join(made.gif(), jar(), 'trailing bytes')],
  ])('%s', (name, file) => {
    expect(check(file)).toBe(name);
  });
});

describe('a file that is one thing is not', () => {
  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('P')],
    ['text', Buffer.from('plain text\n'.repeat(20_000))],
    ['noise', randomBytes(100_000)],
    ['PNG', made.png()],
    ['GIF', made.gif('a comment')],
    ['JPEG', join(made.jpeg(), pixels)],
    ['WebP', made.webp()],
    ['WAV', join(made.wav(), pixels)],
    ['MP3', join(made.mp3(), pixels)],
    ['MIDI', made.midi()],
    ['PDF', made.pdf()],
    ['ZIP', jar()],
    ['ZIP with a comment', jar(0, 'made by hand')],
    ['TAR', made.tar('a.txt', Buffer.from('x'))],
    ['ELF', made.elf()],
    ['PE', made.pe()],
    ['WASM', made.wasm()],
    ['a page with a script', made.html()],
    ['a drawing with a script', made.svg()],
    ['a drawing without one', made.svg('<path d="M0 0"/>')],
    ['a shell script', made.shell()],
    ['PHP in a page', join(made.html('<?php echo 1; ?>'))],
    ['a PHP script with a shebang', join('#!/usr/bin/env php\n', made.php())],
    ['Markdown about scripts', Buffer.from(`# XSS\n\nUse \`${script}\` and \`<?php ?>\`.\n`)],
    ['a template that begins with a comment', Buffer.from(`<!-- note -->\n# Title\n${script}\n`)],
    [
      'source that names the marks',
      Buffer.from("const PDF = '%PDF-1.4'; const ZIP = 'PK\\x05\\x06';"),
    ],
    ['source with the marks themselves', join('x = "%PDF-1.4"; y = "PK\x05\x06"; z = "%%EOF"')],
    ['a text about a PDF that shows one', join('A small PDF:\n\n', made.pdf())],
    [
      'a script that has the mark of a TAR in its text',
      join('#!/bin/sh\n# ', 'x'.repeat(245), 'ustar\0', 'y'.repeat(300)),
    ],
    ['a TAR of pages', made.tar('index.html', made.html())],
    ['a TAR of a PDF', made.tar('a.pdf', made.pdf())],
    ['a TAR whose last file is a ZIP', made.tar('a.zip', jar())],
    ['a TAR of a GIF', made.tar('GIF89a.gif', made.gif())],
    ['a ZIP of pages', made.zip('index.html', made.html())],
    ['an ELF with pages in it', join(made.elf(), made.html(), '<?php echo 1;')],
    ['a PDF with scripts in it', join('%PDF-1.4\n(<script>) Tj\n', made.pdf().subarray(9))],
    ['gzip of anything', gzipSync(jar())],
    ['UTF-16', Buffer.from('\ufeffsome text', 'utf16le')],
    [
      'text that begins like a picture',
      Buffer.from('GIF8 is not a picture, RIFF is not either, BM'),
    ],
    [
      'text that begins like a program',
      Buffer.from(`MZ is how a program begins${' '.repeat(100)}`),
    ],
    ['an archive that is cut off', join(made.gif(), jar().subarray(0, -1))],
    ['an end record whose directory is elsewhere', join(made.gif(), jar().subarray(-22))],
  ])('%s', (_, file) => {
    expect(check(file)).toBe('');
  });
});

describe('the check', () => {
  it('looks at the ends only', () => {
    const middle = join(made.png(), Buffer.alloc(100_000, 1), script, Buffer.alloc(100_000, 1));
    expect(check(middle)).toBe('');
  });

  it('finds an archive with the longest comment there can be', () => {
    expect(check(join(made.gif(), pixels, jar(0, 'c'.repeat(65_535))))).toBe('gif+zip');
  });

  it('needs time in proportion to what it reads, whatever that is', () => {
    const nasty = [
      join(made.png(), '<svg '.repeat(13_000)),
      join(made.png(), '<img x on'.repeat(7_000)),
      join(made.png(), `<img ${' onaaaa'.repeat(60)}${' '.repeat(60_000)}`),
      join('<!-- --> '.repeat(500)),
      join('<!---->'.repeat(600), 'x'),
      join(made.gif(), 'PK\x05\x06'.repeat(16_000)),
      join(' '.repeat(4_096)),
    ];
    const started = performance.now();
    for (const file of nasty) for (let i = 0; i < 5; i++) check(file);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('is made of every object that is decoded, small or large, whole or in chunks', async () => {
    const small = join(made.gif(), jar());
    const large = join(made.gif(), Buffer.alloc(1_200_000, 'ab'), randomBytes(20_000), jar());
    for (const file of [small, large])
      for (const encoding of ['raw', 'zlib'] as const) {
        const data = encoding === 'raw' ? file : deflateSync(file);
        const object = { id: objectIdOf(file), size: file.length, encoding, data };
        expect(await decodeObject(object)).toMatchObject({ polyglot: 'gif+zip' });
        const decoder = new ObjectDecoder(object);
        for (let at = 0; at < data.length; at += 997)
          await decoder.write(data.subarray(at, at + 997));
        expect(await decoder.finish()).toMatchObject({ polyglot: 'gif+zip' });
      }
  });
});
