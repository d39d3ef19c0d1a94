// The floor of keeping something: copies a file in blocks of 1 MiB and syncs the copy.
// `node write-and-sync.mjs FROM TO`.
import fs from 'node:fs';

const [from, to] = process.argv.slice(2);
const source = fs.openSync(from, 'r');
const target = fs.openSync(to, 'w');
const block = Buffer.allocUnsafe(1024 * 1024);
for (;;) {
  const read = fs.readSync(source, block, 0, block.length, null);
  if (read === 0) break;
  fs.writeSync(target, block, 0, read);
}
fs.fsyncSync(target);
fs.closeSync(target);
