import { ClientError } from '~/client/client-error';
import { findToken, listTokens, revokeLeakedToken, revokeToken } from '~/client/token-api';
import type { Command } from '../command';
import { callerFor, checkToken, chooseHub, HUB_OPTION } from '../hub-access';
import { readInput } from '../read-secret';

export const tokenRevoke: Command = {
  usage: ['token revoke NAME-OR-ID [--hub URL]', 'token revoke --token-stdin [--hub URL]'],
  about:
    'Ends an access token at once, with the browser sessions it signed in and the pushes it sends. A token that leaked can be given itself, on standard input; for that nobody has to be signed in.',
  options: {
    'token-stdin': { type: 'boolean', summary: 'read the token itself from standard input' },
    hub: HUB_OPTION,
  },
  examples: [
    { line: 'token revoke laptop', does: 'one of your tokens, by its name' },
    { line: 'token revoke --token-stdin < found.txt', does: 'one that you found' },
  ],
  positionals: [0, 1],
  async run(context) {
    const { args } = context;
    const [named] = args.positionals;
    const hub = chooseHub(context, args.text('hub'));
    const caller = callerFor(context, hub);
    if (args.flag('token-stdin') === (named !== undefined)) {
      throw new ClientError('usage', 'Name a token, or give it with --token-stdin.');
    }
    if (named === undefined) {
      await revokeLeakedToken(hub, caller, checkToken(await readInput(context.openStdin())));
      return { lines: ['The token is revoked.'], json: { hub: hub.origin, revoked: true } };
    }
    const token = findToken(await listTokens(hub, caller), named);
    await revokeToken(hub, caller, token.id);
    return {
      lines: [`Revoked the token "${token.name}".`],
      json: { hub: hub.origin, revoked: true, id: token.id, name: token.name },
    };
  },
};
