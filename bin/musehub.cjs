#!/usr/bin/env node
const fs = require('node:fs');
const path = require('node:path');
const { loadProgram } = require('./program-file.cjs');

const program = path.join(__dirname, '..', 'dist', 'musehub.program');
if (fs.existsSync(program)) {
  loadProgram(program)(require);
} else {
  process.stderr.write('error: musehub is not built yet\nfix: npm run build\n');
  process.exitCode = 3;
}
