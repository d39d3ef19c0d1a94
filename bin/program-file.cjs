// A program in one file with what the engine made of it (docs/decisions/0015-code-cache.md): the
// length of the code cache as 32 bits and four zero bytes, the cache, the source as ASCII. One
// file, since the engine would take the cache of another source of the same length for its own.
const fs = require('node:fs');
const vm = require('node:vm');

const HEAD_BYTES = 8;
const BEGIN = '(function (require) {';

/** The program of a file as a function of `require`. A cache of another engine is left aside. */
exports.loadProgram = (file) => {
  const bytes = fs.readFileSync(file);
  const sourceAt = HEAD_BYTES + bytes.readUInt32LE(0);
  const cachedData = bytes.subarray(HEAD_BYTES, sourceAt);
  return compile(file, bytes.latin1Slice(sourceAt), cachedData).runInThisContext();
};

/** The bytes of a program's file; `source` is a CommonJS module that needs nothing but Node. */
exports.packProgram = (file, source) => {
  if (/[^\0-\x7f]/.test(source)) throw new Error('the program is not ASCII');
  const v8 = require('node:v8');
  // Every function now, not at its first call; the engine notes with which flags it made a cache.
  v8.setFlagsFromString('--no-lazy');
  const script = compile(file, source);
  v8.setFlagsFromString('--lazy');
  const cache = script.createCachedData();
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(cache.length, 0);
  return Buffer.concat([head, cache, Buffer.from(source, 'latin1')]);
};

function compile(filename, source, cachedData) {
  const columnOffset = -BEGIN.length;
  return new vm.Script(`${BEGIN}${source}\n})`, { filename, columnOffset, cachedData });
}
