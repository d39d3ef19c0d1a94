#!/usr/bin/env node
import fs from 'node:fs';

const program = new URL('../dist/musehub.js', import.meta.url);
if (fs.existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('error: musehub is not built yet\nfix: npm run build\n');
  process.exitCode = 3;
}
