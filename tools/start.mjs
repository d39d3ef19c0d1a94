// `npm start`: the hub, built before if needed. `--dev` runs it from the sources instead.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { buildIfNeeded, projectFolder, quietEnv, runTool } from './build-steps.mjs';
import { hubFlags } from './hub-flags.mjs';

const development = process.argv.includes('--dev');
try {
  if (development) await runTool('prisma', ['generate']);
  else await buildIfNeeded((step) => console.error(`building ${step} …`));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const program = development
  ? ['--import', 'tsx', 'src/server/main.ts', '--dev']
  : [path.join('dist', 'main.js')];
const hub = spawn(process.execPath, [...hubFlags, ...program], {
  cwd: projectFolder,
  env: { ...quietEnv, NODE_ENV: development ? 'development' : 'production' },
  stdio: 'inherit',
  // Out of reach of the terminal's Ctrl-C: the hub takes a second signal as "at once", so it shall
  // hear each one once, from here, whoever sent it.
  detached: true,
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => hub.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
}
hub.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
