import fs from 'node:fs';
import path from 'node:path';
import { checkTokenText } from '~/server/auth/token-text';

/**
 * What must never stand in a log: access tokens and session cookies of whatever origin, known by
 * their shape, and every other secret that a test made or was told, which it remembers here.
 */
const remembered = new Map<string, string>();
const SECRET_CHARACTERS_MIN = 8;

const TOKEN = /muse_(?:pat|agt)_[0-9A-Za-z]{39}/g;
/** The beginning of an encrypted session: `{"alg":"dir",` in base64. */
const SESSION = /eyJhbGciOiJkaXIi[\w.-]+/g;

/** Makes a secret of the test run known; too short ones would be found everywhere. */
export function rememberSecret(kind: string, text: string | undefined): void {
  if (text !== undefined && text.length >= SECRET_CHARACTERS_MIN) remembered.set(text, kind);
}

/** What kind of secrets stand in a text, with the line they stand in, masked. */
export function secretsIn(text: string): string[] {
  const found = new Map<string, string>();
  for (const [token] of text.matchAll(TOKEN)) {
    if (checkTokenText(token)) found.set(token, 'an access token');
  }
  for (const [session] of text.matchAll(SESSION)) found.set(session, 'a session');
  for (const [secret, kind] of remembered) if (text.includes(secret)) found.set(secret, kind);
  return [...found].map(([secret, kind]) => {
    const line = text.split('\n').find((each) => each.includes(secret)) ?? '';
    return `${kind}: ${line.replaceAll(secret, '[here]').slice(0, 300)}`;
  });
}

/** Every log that a data folder holds: the database's own. */
export function logsBelow(folder: string): { file: string; text: string }[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(\.log|(^|\/)log)$/.test(name))
    .map((name) => path.join(folder, name))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => ({ file, text: fs.readFileSync(file, 'utf8') }));
}

/** The secrets that a hub keeps in its data folder and was given in its environment. */
export function rememberSecretsOf(dataFolder: string, env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) {
    if (/SECRET|PASSWORD/.test(name)) rememberSecret(name, value);
    if (name === 'DATABASE_URL') rememberSecret(name, new URL(value).password);
  }
  const file = path.join(dataFolder, 'secrets.json');
  if (!fs.existsSync(file)) return;
  const kept = readJson(file);
  for (const [name, value] of Object.entries(kept ?? {})) {
    if (typeof value === 'string') rememberSecret(name, value);
  }
}

/** Null for a file that a test damaged. */
function readJson(file: string): Record<string, unknown> | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}
