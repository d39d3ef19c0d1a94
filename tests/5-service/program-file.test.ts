import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '~tests/support/run-program';
import { PROJECT_ROOT } from '~tests/support/source-files';

const packing = path.join(PROJECT_ROOT, 'bin', 'program-file.cjs');
const { packProgram } = createRequire(import.meta.url)(packing) as {
  packProgram(file: string, source: string): Buffer;
};
const SOURCE = `const path = require('node:path');
function later() { return path.posix.join('a', 'b'); }
setTimeout(() => process.stdout.write(later()));`;

describe('a program beside its code cache', () => {
  let folder: string;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-program-'));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Runs a program's file in a process of its own; `flags` are those of the engine. */
  function load(bytes: Buffer, flags: string[] = []) {
    const file = path.join(folder, 'program');
    fs.writeFileSync(file, bytes);
    const script = 'require(process.argv[1]).loadProgram(process.argv[2])(require)';
    const env = { NODE_OPTIONS: flags.join(' ') };
    return runProgram(['-e', script, packing, file], { cwd: folder, env });
  }

  it('runs', async () => {
    expect(await load(packProgram('program', SOURCE))).toMatchObject({ code: 0, stdout: 'a/b' });
  });

  it('runs where the engine takes no cache of another engine, or of other flags', async () => {
    const packed = packProgram('program', SOURCE);
    packed.fill(0xff, 8, 24); // what names the engine
    expect(await load(packed)).toMatchObject({ code: 0, stdout: 'a/b' });
    const other = ['--max-old-space-size=200', '--stack-trace-limit=5'];
    expect(await load(packProgram('program', SOURCE), other)).toMatchObject({ stdout: 'a/b' });
  });

  it('is not made of a source that is not ASCII', () => {
    expect(() => packProgram('program', '"ü"')).toThrow('not ASCII');
  });
});
