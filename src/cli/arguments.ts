import { parseArgs } from 'node:util';
import { ClientError } from '~/client/client-error';
import type { Arguments, Command, Options } from './command';

/** Options that every command has. */
export const COMMON_OPTIONS: Options = {
  json: { type: 'boolean', summary: 'print one JSON object instead of text' },
  quiet: { type: 'boolean', short: 'q', summary: 'no progress and no notes' },
  help: { type: 'boolean', short: 'h', summary: 'show this help' },
};

/** Parses the arguments of a command; throws `usage`. */
export function parseArguments(name: string, command: Command, argv: string[]): Arguments {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const config = Object.fromEntries(
    Object.entries(options).map(([key, { type, short, multiple }]) => [
      key,
      { type, multiple: multiple ?? false, ...(short === undefined ? {} : { short }) },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: argv, options: config, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = (error as Error).message.split('. ')[0]!;
    throw usage(name, `${reason}.`);
  }
  const { values, positionals } = parsed;
  const [min, max] = command.positionals;
  if (values.help !== true) {
    if (positionals.length < min) {
      throw usage(name, `An argument is missing: musehub ${command.usage[0]}`);
    }
    if (positionals.length > max)
      throw usage(name, `There is one argument too many: ${positionals[max]}`);
  }
  return {
    positionals,
    flag: (key) => values[key] === true,
    text: (key) => (typeof values[key] === 'string' ? values[key] : null),
    texts: (key) => {
      const value = values[key];
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}

function usage(name: string, message: string): ClientError {
  return new ClientError('usage', message, { fix: `See: musehub ${name} --help` });
}
