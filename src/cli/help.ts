import { COMMON_OPTIONS } from './arguments';
import type { Command, Options } from './command';
import { COMMANDS } from './registry';
import { VERSION } from './version';

/** The help of the whole program. */
export function programHelp(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    `musehub ${VERSION}: push, fetch and clone Muse repositories.`,
    '',
    'Usage:',
    '  musehub COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options:',
    '  --help, -h     show this help, or that of a command',
    '  --version      show the version',
    '',
    'Environment:',
    '  MUSEHUB_URL    the hub that commands talk to when no address is named',
    '  MUSEHUB_TOKEN  access token for that hub (for every hub when MUSEHUB_URL is not set)',
    '',
    'Exit codes:',
    '  0 done · 1 refused · 2 repository or usage · 3 internal · 4 not found',
    '  5 network · 6 not signed in or not allowed · 7 conflict · 8 limit · 130 interrupted',
    '',
    'First steps:',
    '  musehub login http://localhost:3000',
    '  musehub repo create demo',
    '  musehub push http://localhost:3000/ada/demo main',
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  return [
    'Usage:',
    ...command.usage.map((line) => `  musehub ${line}`),
    '',
    ...wrapped(command.about),
    '',
    'Options:',
    ...optionLines({ ...command.options, ...COMMON_OPTIONS }),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, does }) => [`  # ${does}`, `  musehub ${line}`]),
    '',
  ].join('\n');
}

function optionLines(options: Options): string[] {
  const names = Object.entries(options).map(([name, spec]) => {
    const value = spec.type === 'string' ? ` ${spec.value ?? 'TEXT'}` : '';
    return { text: `--${name}${value}${spec.short === undefined ? '' : `, -${spec.short}`}`, spec };
  });
  const width = Math.max(...names.map(({ text }) => text.length));
  return names.map(({ text, spec }) => `  ${text.padEnd(width)}  ${spec.summary}`);
}

const WIDTH = 78;

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
