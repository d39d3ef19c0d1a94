import type { ProgressLine } from './progress-line';

/** What a command has of the world around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  cwd: string;
  home: string;
  /** Standard input, which is opened only by commands that read it. */
  openStdin(): NodeJS.ReadStream;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Lets so many milliseconds pass; rejects when the command is interrupted. */
  wait(ms: number): Promise<void>;
  /** Shows a page in the browser of this machine, if it has one. */
  openPage(url: URL): void;
}

export interface OptionSpec {
  type: 'boolean' | 'string';
  short?: string;
  /** May be given more than once. */
  multiple?: boolean;
  /** The name of its value in the help. */
  value?: string;
  summary: string;
}

export type Options = Record<string, OptionSpec>;

/** Arguments of a command, checked against its options. */
export interface Arguments {
  positionals: string[];
  flag(name: string): boolean;
  text(name: string): string | null;
  texts(name: string): string[];
}

/** What a command found out: lines for a person, or one object with `--json`. */
export interface Outcome {
  lines: string[];
  json: Record<string, unknown>;
  /** Set when the command did its work and still has to fail. */
  error?: unknown;
}

/** What a command does beside its outcome. */
export interface Reporter {
  /** A line on stderr. */
  note(text: string): void;
  progress(): ProgressLine;
}

export interface CommandContext extends Surroundings {
  args: Arguments;
  report: Reporter;
  /** Name and version of this program. */
  client: string;
}

export interface Command {
  /** Lines after `musehub `. */
  usage: string[];
  /** One paragraph. */
  about: string;
  options: Options;
  examples: { line: string; does: string }[];
  /** Fewest and most positional arguments. */
  positionals: [min: number, max: number];
  run(context: CommandContext): Promise<Outcome>;
}
