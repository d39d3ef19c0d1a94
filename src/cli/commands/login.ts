import { hostname } from 'node:os';
import { ClientError } from '~/client/client-error';
import { startDeviceLogin, waitForDecision } from '~/client/device-login';
import { whoami } from '~/client/hub-api';
import { identityFile, saveIdentity } from '~/client/identity';
import type { Command, CommandContext } from '../command';
import { checkToken, chooseHub, warnIfOpen } from '../hub-access';
import { askSecret, readInput } from '../read-secret';
import { forTerminal } from '../terminal-text';

const SCOPES = ['read', 'write', 'admin'];

export const login: Command = {
  usage: [
    'login [URL] [--scope read|write|admin] [--name NAME] [--no-browser]',
    'login [URL] --token TOKEN | --token-stdin',
  ],
  about:
    'Signs in to a hub. It shows an address and a code; whoever opens the address in a browser, on any machine, and is signed in there, approves with one click. Or it takes an access token, made on the page Settings / Access tokens. Either way a token is kept in ~/.muse/identity.toml, readable by you alone.',
  options: {
    scope: {
      type: 'string',
      value: 'SCOPE',
      summary: 'what to ask for: read, write (the default) or admin; you can change it there',
    },
    name: { type: 'string', value: 'NAME', summary: 'what to call the token; this machine’s name' },
    'no-browser': { type: 'boolean', summary: 'open no browser, only show the address' },
    token: {
      type: 'string',
      value: 'TOKEN',
      summary: 'the access token; others may see it in the list of processes',
    },
    'token-stdin': {
      type: 'boolean',
      summary: 'read the access token from standard input, or ask for it on a terminal',
    },
  },
  examples: [
    { line: 'login http://localhost:3000', does: 'approve it in the browser' },
    { line: 'login http://localhost:3000 --token-stdin < token.txt', does: 'with a token' },
  ],
  positionals: [0, 1],
  async run(context) {
    const hub = chooseHub(context, context.args.positionals[0] ?? null);
    warnIfOpen(context, hub);
    const token = checkToken((await givenToken(context, hub)) ?? (await approved(context, hub)));
    const { client, signal } = context;
    const who = await whoami(hub, { client, signal, token });
    const file = identityFile(context.home);
    saveIdentity(file, hub, {
      type: who.kind === 'agent' ? 'agent' : 'human',
      name: who.handle,
      token,
    });
    return {
      lines: [`Signed in to ${hub.origin} as ${who.handle} (${who.kind}).`],
      json: {
        hub: hub.origin,
        handle: who.handle,
        kind: who.kind,
        role: who.role,
        scopes: who.scopes,
        file,
      },
    };
  },
};

async function givenToken(context: CommandContext, hub: URL): Promise<string | null> {
  const { args, stderr, signal } = context;
  const given = args.text('token');
  if (given !== null) return given;
  if (!args.flag('token-stdin')) return null;
  const stdin = context.openStdin();
  return stdin.isTTY
    ? askSecret(`Access token for ${hub.origin}: `, stdin, stderr, signal)
    : readInput(stdin);
}

/** A token that a person allows at a browser. */
async function approved(context: CommandContext, hub: URL): Promise<string> {
  const { args, client, signal, stderr } = context;
  const scope = args.text('scope') ?? 'write';
  if (!SCOPES.includes(scope)) {
    throw new ClientError('usage', `${scope} is no scope.`, {
      fix: 'Say --scope read, --scope write or --scope admin.',
    });
  }
  const caller = { client, signal, token: null };
  const name = args.text('name') ?? `musehub on ${hostname()}`;
  const login = await startDeviceLogin(hub, caller, { name, scope });
  // Also when it shall be quiet: without these lines the command would wait for nothing.
  stderr.write(`Open ${forTerminal(login.page.href)}\n`);
  stderr.write(`and approve the code ${forTerminal(login.userCode)}\n`);
  const isPerson = context.openStdin().isTTY && stderr.isTTY;
  if (isPerson && !args.flag('no-browser')) context.openPage(login.page);
  const { token } = await waitForDecision(hub, caller, login, context.wait);
  return token;
}
