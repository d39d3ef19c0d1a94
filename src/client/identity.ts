import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ClientError, errnoOf, fileError } from './client-error';
import { isOpenToReaders } from './remote-address';
import { writeSecret } from './secret-file';
import { editTable, findTable, parseToml, removeTable, TomlProblem, textOf } from './toml';

/**
 * Who one is at which hub: `~/.muse/identity.toml`, shared with the public CLI. One table per hub,
 * named by host and port in lower case:
 *
 *   ["hub.example.org"]
 *   type = "human"
 *   name = "ada"
 *   token = "…"
 *   url = "https://hub.example.org"
 *
 * `url` is this program's own addition: which address the table's name stands for.
 */
export interface Identity {
  type: 'human' | 'agent';
  name: string;
  /** The hub's id of the account, where it gave one. */
  id?: string;
  token: string;
}

/** The name of a hub's table: host and port of its address. */
export function hubName(hub: URL): string {
  return hub.host.toLowerCase();
}

/** The file of a home folder. */
export function identityFile(home: string): string {
  return path.join(home, '.muse', 'identity.toml');
}

/** The identity that is stored for a hub; null when there is none. */
export function loadIdentity(file: string, hub: URL): Identity | null {
  const text = readIfThere(file);
  if (text === null) return null;
  const table = findTable(parse(text, file), [hubName(hub)]);
  const token = textOf(table, 'token')?.trim() ?? '';
  if (token === '') return null;
  const id = textOf(table, 'id');
  return {
    type: textOf(table, 'type') === 'agent' ? 'agent' : 'human',
    name: textOf(table, 'name') ?? '',
    ...(id === null ? {} : { id }),
    token,
  };
}

/** Stores the identity for a hub; those of other hubs stay as they are. */
export function saveIdentity(file: string, hub: URL, identity: Identity): void {
  const text = readIfThere(file) ?? '';
  parse(text, file);
  const { type, name, id, token } = identity;
  // What the token may do is the token's; a list from another one must not stay beside it.
  const values = { type, name, id: id ?? null, token, capabilities: null, url: hub.origin };
  writeSecret(file, editTable(text, [hubName(hub)], values, true));
}

/** The hubs that one is signed in to. */
export function knownHubs(file: string): URL[] {
  const text = readIfThere(file);
  if (text === null) return [];
  return parse(text, file)
    .filter((table) => table.name.length === 1 && textOf(table, 'token') !== null)
    .map((table) => textOf(table, 'url') ?? addressOf(table.name[0]!))
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url));
}

/** The address of a hub of which only the host is known. */
function addressOf(host: string): string {
  return isOpenToReaders(new URL(`http://${host}`)) ? `https://${host}` : `http://${host}`;
}

/** Forgets the identity for a hub; false when there was none. */
export function removeIdentity(file: string, hub: URL): boolean {
  const text = readIfThere(file);
  if (text === null) return false;
  const name = [hubName(hub)];
  if (findTable(parse(text, file), name) === null) return false;
  writeSecret(file, removeTable(text, name));
  return true;
}

function parse(text: string, file: string): ReturnType<typeof parseToml> {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlProblem)) throw error;
    // The line is a secret's neighbour: only its number is told.
    throw new ClientError('bad-configuration', `${file}: ${error.message}`);
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw fileError(error, `read ${file}`);
  }
}
