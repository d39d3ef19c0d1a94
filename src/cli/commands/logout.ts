import { identityFile, removeIdentity } from '~/client/identity';
import type { Command } from '../command';
import { chooseHub } from '../hub-access';

export const logout: Command = {
  usage: ['logout [URL]'],
  about:
    'Forgets the access token for a hub. The token itself stays valid until it expires or is revoked on the hub.',
  options: {},
  examples: [{ line: 'logout http://localhost:3000', does: 'forgets the token for this hub' }],
  positionals: [0, 1],
  async run(context) {
    const hub = chooseHub(context, context.args.positionals[0] ?? null);
    const removed = removeIdentity(identityFile(context.home), hub);
    return {
      lines: [
        removed ? `Signed out of ${hub.origin}.` : `You were not signed in to ${hub.origin}.`,
      ],
      json: { hub: hub.origin, removed },
    };
  },
};
