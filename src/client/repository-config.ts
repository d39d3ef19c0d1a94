import { ClientError } from './client-error';
import { editTable, findTable, parseToml, TomlProblem, type TomlTable, textOf } from './toml';

/** What is read of `.muse/config.toml`. */
export interface Remote {
  name: string;
  url: string;
}

const REMOTE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/** Why a text cannot name a remote, as the end of a sentence; null when it can. */
export function checkRemoteName(name: string): string | null {
  if (!REMOTE_NAME.test(name)) return 'may hold letters, digits, "_", "." and "-" only';
  return name.includes('..') ? 'holds ".."' : null;
}

/** The remotes of a configuration, by name. */
export function remotesOf(text: string, file: string): Remote[] {
  return parse(text, file)
    .filter((table) => table.name.length === 2 && table.name[0] === 'remotes')
    .map((table) => ({ name: table.name[1]!, url: textOf(table, 'url')?.trim() ?? '' }))
    .filter((remote) => remote.url !== '');
}

/** The text with a remote added or its address changed; every other line is kept. */
export function withRemote(
  text: string,
  remote: Remote & { branch?: string },
  file: string,
): string {
  const tables = parse(text, file);
  const name = ['remotes', remote.name];
  const old = findTable(tables, name);
  const values: Record<string, string> = { url: remote.url };
  if (remote.branch !== undefined && textOf(old, 'branch') === null) values.branch = remote.branch;
  return editTable(text, name, values);
}

function parse(text: string, file: string): TomlTable[] {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlProblem)) throw error;
    throw new ClientError('bad-configuration', `${file}: ${error.message}`, { cause: error });
  }
}

/** The configuration of a new repository. */
export const NEW_CONFIG = `[user]
name = ""
email = ""

[remotes]

[domain]
# Domain-specific configuration. Keys depend on the active domain plugin.
`;
