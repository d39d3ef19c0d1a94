import { notSignedIn } from '~/client/client-error';
import { whoami } from '~/client/hub-api';
import type { Command } from '../command';
import { callerFor, chooseHub } from '../hub-access';

export const whoamiCommand: Command = {
  usage: ['whoami [URL]'],
  about: 'Shows as whom the access token for a hub signs you in, and what it may do.',
  options: {},
  examples: [
    { line: 'whoami', does: 'on the hub of the repository here' },
    { line: 'whoami http://localhost:3000 --json', does: 'for a script' },
  ],
  positionals: [0, 1],
  async run(context) {
    const hub = chooseHub(context, context.args.positionals[0] ?? null);
    const caller = callerFor(context, hub);
    if (caller.token === null) throw notSignedIn(hub, null);
    const who = await whoami(hub, caller);
    const scopes = who.scopes.length === 0 ? '' : `, scopes: ${who.scopes.join(' ')}`;
    return {
      lines: [`${who.handle} (${who.kind}, ${who.role}${scopes}) on ${hub.origin}`],
      json: {
        hub: hub.origin,
        handle: who.handle,
        kind: who.kind,
        role: who.role,
        scopes: who.scopes,
      },
    };
  },
};
