import { ClientError, withoutFix } from '~/client/client-error';
import { parseArguments } from './arguments';
import type { Outcome, Reporter, Surroundings } from './command';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code';
import { ProgressLine } from './progress-line';
import { findCommand, subcommandsOf } from './registry';
import { forTerminal, jsonForTerminal } from './terminal-text';
import { CLIENT, VERSION } from './version';

/**
 * Runs the program: results on stdout, everything else on stderr.
 *
 * @param argv the arguments after the program's name
 * @returns the exit code
 */
export async function run(argv: string[], around: Surroundings): Promise<ExitCode> {
  const json = argv.includes('--json');
  const quiet = argv.includes('--quiet') || argv.includes('-q');
  let progress: ProgressLine | null = null;
  const report: Reporter = {
    note: (text) => {
      progress?.clear();
      if (!quiet) around.stderr.write(`${forTerminal(text)}\n`);
    },
    progress: () => {
      progress = new ProgressLine(quiet ? NOWHERE : around.stderr);
      return progress;
    },
  };
  let error: unknown;
  try {
    const outcome = await dispatch(argv, around, report);
    clear(progress);
    if (typeof outcome === 'string') around.stdout.write(outcome);
    else {
      if (json) around.stdout.write(`${jsonForTerminal(outcome.json)}\n`);
      else for (const line of outcome.lines) around.stdout.write(`${forTerminal(line)}\n`);
      error = outcome.error;
    }
    if (error === undefined) return EXIT.ok;
    tell(error, around, false);
  } catch (thrown) {
    clear(progress);
    error = thrown;
    tell(error, around, json);
  }
  return error instanceof ClientError ? exitCodeOf(error.code) : EXIT.internal;
}

async function dispatch(
  argv: string[],
  around: Surroundings,
  report: Reporter,
): Promise<Outcome | string> {
  const [first] = argv;
  if (first === '--version') return `${VERSION}\n`;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    if (first === 'help' && argv.length > 1)
      return dispatch([...argv.slice(1), '--help'], around, report);
    const { programHelp } = await import('./help');
    if (first !== undefined) return programHelp();
    throw new ClientError('usage', 'Name a command.', { fix: 'See: musehub --help' });
  }
  const found = findCommand(argv);
  if (found === null) {
    throw unknownCommand(argv);
  }
  const command = await found.entry.load();
  const args = parseArguments(found.entry.name, command, found.rest);
  if (args.flag('help')) return (await import('./help')).commandHelp(command);
  return command.run({ ...around, args, report, client: CLIENT });
}

function unknownCommand([first = '', second]: string[]): ClientError {
  const below = subcommandsOf(first);
  if (below.length === 0) {
    return new ClientError('usage', `There is no command ${first}.`, {
      fix: 'See: musehub --help',
    });
  }
  const named = second !== undefined && !second.startsWith('-');
  const message = named
    ? `There is no command ${first} ${second}.`
    : `${first} is one half of a command.`;
  const known = below.map((word) => `musehub ${first} ${word}`).join(', ');
  return new ClientError('usage', message, { fix: `There is: ${known}` });
}

function clear(progress: ProgressLine | null): void {
  progress?.clear();
}

/** Says what went wrong and what to do about it. */
function tell(error: unknown, around: Surroundings, json: boolean): void {
  if (!(error instanceof ClientError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    around.stderr.write(`error[internal]: ${text.split('\n').map(forTerminal).join('\n')}\n`);
    around.stderr.write(
      'fix: This is a fault of musehub itself; please report it with these lines.\n',
    );
    if (json)
      around.stdout.write(`${jsonForTerminal({ error: { code: 'internal', message: text } })}\n`);
    return;
  }
  const { code, message, fix, detail } = error;
  around.stderr.write(`error[${code}]: ${forTerminal(withoutFix(code, message))}\n`);
  around.stderr.write(`fix: ${forTerminal(fix)}\n`);
  if (json) around.stdout.write(`${jsonForTerminal({ error: { code, message, fix, detail } })}\n`);
}

const NOWHERE = { write: () => true } as unknown as NodeJS.WritableStream;
