// `npm run fsck`, `npm run backup`: a program beside the hub, built before if needed.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { buildIfNeeded, projectFolder, quietEnv } from './build-steps.mjs';

const [name, ...args] = process.argv.slice(2);
try {
  await buildIfNeeded((step) => console.error(`building ${step} …`));
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
const program = path.join(projectFolder, 'dist', `${name}-main.js`);
const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
  cwd: projectFolder,
  env: { ...quietEnv, NODE_ENV: 'production' },
  stdio: 'inherit',
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 2 : (code ?? 2)));
