import { findKey, listKeys, revokeKey } from '~/client/key-api';
import type { Command } from '../command';
import { callerFor, chooseHub, HUB_OPTION } from '../hub-access';
import { AS_AGENT_OPTION, keyOwnerOf } from '../key-arguments';

export const keyRevoke: Command = {
  usage: ['key revoke NAME-OR-ID [--hub URL] [--as AGENT]'],
  about:
    'Takes a signing key back on a hub: nothing that is signed with it is verified from now on, and what it signed before stays so. The file of the private key is left where it is.',
  options: {
    hub: HUB_OPTION,
    as: AS_AGENT_OPTION,
  },
  examples: [
    { line: 'key revoke laptop', does: 'one of your keys, by its name' },
    { line: 'key revoke 5e1b40a09c4ff3e7', does: 'by the beginning of its id' },
  ],
  positionals: [1, 1],
  async run(context) {
    const { args } = context;
    const hub = chooseHub(context, args.text('hub'));
    const caller = callerFor(context, hub);
    const owner = keyOwnerOf(context);
    const key = findKey(await listKeys(hub, caller, owner), args.positionals[0]!);
    await revokeKey(hub, caller, owner, key.keyId);
    return {
      lines: [`Revoked the key ${key.keyId.slice(0, 16)} "${key.name}".`],
      json: { hub: hub.origin, revoked: true, key_id: key.keyId, name: key.name },
    };
  },
};
