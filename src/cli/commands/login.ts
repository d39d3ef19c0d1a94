import { ClientError } from '~/client/client-error';
import { whoami } from '~/client/hub-api';
import { identityFile, saveIdentity } from '~/client/identity';
import type { Command, CommandContext } from '../command';
import { checkToken, chooseHub, warnIfOpen } from '../hub-access';
import { askSecret, readInput } from '../read-secret';

export const login: Command = {
  usage: ['login [URL] [--token TOKEN | --token-stdin]'],
  about:
    'Signs in to a hub with an access token, which is made on the page Settings / Tokens of the hub. The token is checked and then kept in ~/.muse/identity.toml, readable by you alone.',
  options: {
    token: {
      type: 'string',
      value: 'TOKEN',
      summary: 'the access token; others may see it in the list of processes',
    },
    'token-stdin': { type: 'boolean', summary: 'read the access token from standard input' },
  },
  examples: [
    { line: 'login http://localhost:3000', does: 'asks for the token' },
    { line: 'login http://localhost:3000 --token-stdin < token.txt', does: 'reads it from a file' },
  ],
  positionals: [0, 1],
  async run(context) {
    const hub = chooseHub(context, context.args.positionals[0] ?? null);
    warnIfOpen(context, hub);
    const token = checkToken(await takeToken(context, hub));
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

async function takeToken(context: CommandContext, hub: URL): Promise<string> {
  const given = context.args.text('token');
  if (given !== null) return given;
  if (context.args.flag('token-stdin')) return readInput(context.stdin);
  if (!context.stdin.isTTY) {
    throw new ClientError('usage', 'There is no terminal to ask for the access token.', {
      fix: 'Give it with --token-stdin.',
    });
  }
  const question = `Access token for ${hub.origin}: `;
  return askSecret(question, context.stdin, context.stderr, context.signal);
}
