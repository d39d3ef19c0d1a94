/** Facts of a log line; JSON values, and errors, which are written with their causes. */
export type LogFields = Record<string, unknown>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

const LEVELS = { debug: 10, info: 20, warn: 30, error: 40 } as const;
export type LogLevel = keyof typeof LEVELS;

const secrets = new Set<string>();
const TOKENS = /\b(muse_(?:pat|agt|inv)_)[0-9A-Za-z]+/g;
const URL_PASSWORDS = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;

/** Makes a text unreadable in every line that is written from now on; for passwords and keys. */
export function hideInLogs(...values: (string | undefined)[]): void {
  for (const value of values) if (value && value.length >= 6) secrets.add(value);
}

/** Masks access tokens, passwords in addresses, and what `hideInLogs` was told. */
export function redact(line: string): string {
  let masked = line.replace(TOKENS, '$1•••').replace(URL_PASSWORDS, '$1•••@');
  for (const secret of secrets) masked = masked.replaceAll(secret, '•••');
  return masked;
}

/**
 * Redacts everything a stream is given, whoever writes to it: Next and libraries log as well.
 */
export function redactStream(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = ((chunk: unknown, ...rest: unknown[]) =>
    write(typeof chunk === 'string' ? redact(chunk) : chunk, ...rest)) as typeof stream.write;
}

/**
 * Makes a logger: a JSON object a line, or, for a person at a terminal, a readable line.
 * `write` takes whole lines; it is stderr unless a test says otherwise.
 */
export function createLogger(
  level: LogLevel,
  options: { pretty?: boolean; write?: (line: string) => void } = {},
): Logger {
  const pretty = options.pretty ?? process.stderr.isTTY === true;
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const format = pretty ? readableLine : jsonLine;
  const make = (inherited: LogFields): Logger => {
    const log = (at: LogLevel) => (message: string, fields?: LogFields) => {
      if (LEVELS[at] < LEVELS[level]) return;
      write(redact(`${format(at, message, { ...inherited, ...fields })}\n`));
    };
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      with: (fields) => make({ ...inherited, ...fields }),
    };
  };
  return make({});
}

function jsonLine(level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }, plain);
}

function readableLine(level: LogLevel, message: string, fields: LogFields): string {
  const facts = Object.entries(fields).map(([name, value]) =>
    value instanceof Error
      ? `\n${textOf(value)}`
      : ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value, plain)}`,
  );
  return `${new Date().toTimeString().slice(0, 8)} ${level.padEnd(5)} ${message}${facts.join('')}`;
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return textOf(value);
  return typeof value === 'bigint' ? value.toString() : value;
}

function textOf(error: Error): string {
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${text}\ncaused by ${textOf(error.cause)}` : text;
}
