import { ClientError } from '~/client/client-error';
import type { Caller } from '~/client/http';
import { hubName, identityFile, knownHubs, loadIdentity } from '~/client/identity';
import { isOpenToReaders, parseHub } from '~/client/remote-address';
import { Repository } from '~/client/repository';
import type { CommandContext, OptionSpec } from './command';

const HUB_DEFAULT = 'http://localhost:3000';

/** The option of commands whose arguments are something else than the hub. */
export const HUB_OPTION: OptionSpec = {
  type: 'string',
  value: 'URL',
  summary: 'the hub, e.g. http://localhost:3000',
};

/**
 * The hub that a command is about: the address given, `MUSEHUB_URL`, that of the remote `origin`
 * of the repository here, the one that one is signed in to, or the default on this machine.
 */
export function chooseHub(context: CommandContext, given: string | null): URL {
  const named = given ?? context.env.MUSEHUB_URL;
  if (named !== undefined && named !== '') return parseHub(named);
  const origin = originHub(context);
  if (origin !== null) return origin;
  const standard = parseHub(HUB_DEFAULT);
  const known = knownHubs(identityFile(context.home));
  if (known.length === 0 || known.some((hub) => hub.origin === standard.origin)) return standard;
  if (known.length === 1) return known[0]!;
  const names = known.map((hub) => hub.origin).join(', ');
  throw new ClientError('usage', `You are signed in to several hubs: ${names}.`, {
    fix: 'Name the one that is meant, or set MUSEHUB_URL.',
  });
}

function originHub(context: CommandContext): URL | null {
  try {
    const origin = Repository.find(context.cwd)
      .remotes()
      .find(({ name }) => name === 'origin');
    return origin === undefined ? null : new URL(new URL(origin.url).origin);
  } catch (error) {
    if (error instanceof ClientError && error.code === 'not-a-repository') return null;
    throw error;
  }
}

/**
 * Who asks a hub: `MUSEHUB_TOKEN`, else the stored identity, else nobody. When `MUSEHUB_URL` is set
 * the token of the environment goes to that hub only.
 */
export function callerFor(context: CommandContext, hub: URL): Caller {
  const { client, signal } = context;
  const token = environmentToken(context, hub) ?? storedToken(context, hub);
  let warned = false;
  const onTokenExpiry = (endsAt: Date) => {
    if (warned) return;
    warned = true;
    const when = `${endsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    context.report.note(`warning: the access token for ${hub.origin} expires on ${when}`);
  };
  return { client, signal, token, onTokenExpiry };
}

function environmentToken(context: CommandContext, hub: URL): string | null {
  const token = context.env.MUSEHUB_TOKEN?.trim() ?? '';
  if (token === '') return null;
  const own = context.env.MUSEHUB_URL ?? '';
  return own === '' || hubName(parseHub(own)) === hubName(hub) ? token : null;
}

function storedToken(context: CommandContext, hub: URL): string | null {
  return loadIdentity(identityFile(context.home), hub)?.token ?? null;
}

/** Warns before a token goes over a connection that others can read. */
export function warnIfOpen(context: CommandContext, hub: URL): void {
  if (isOpenToReaders(hub)) {
    context.report.note(
      `warning: ${hub.origin} is not encrypted; others can read the access token`,
    );
  }
}

/** A header takes printable ASCII only; anything else was not copied whole. */
export function checkToken(token: string): string {
  const trimmed = token.trim();
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new ClientError('usage', 'This is not an access token.', {
      fix: 'Copy the whole token, without spaces, from the page where it was made.',
    });
  }
  return trimmed;
}
