import { hostname } from 'node:os';
import type { Command } from '../command';
import { callerFor, HUB_OPTION, warnIfOpen } from '../hub-access';
import { AS_AGENT_OPTION, chooseKey, keyOwnerOf } from '../key-arguments';
import { registerKey } from '../register-key';

export const keyAdd: Command = {
  usage: ['key add [FILE] [--hub URL] [--name NAME] [--as AGENT]'],
  about:
    'Registers the public half of an Ed25519 key that you have, a private key in PEM, on a hub: the key of that hub in ~/.muse/keys, or that of a file. Your access token needs the scope admin.',
  options: {
    hub: HUB_OPTION,
    name: { type: 'string', value: 'NAME', summary: 'what to call it; this machine’s name' },
    as: AS_AGENT_OPTION,
  },
  examples: [
    { line: 'key add', does: 'the key that key generate --local made' },
    { line: 'key add ci.pem --name "CI of demo"', does: 'another one' },
    { line: 'key add bot.pem --as counterpoint-bot', does: 'for an agent of yours' },
  ],
  positionals: [0, 1],
  async run(context) {
    const { args } = context;
    const { hub, key } = chooseKey(context);
    warnIfOpen(context, hub);
    const name = args.text('name') ?? hostname();
    const owner = await registerKey(hub, callerFor(context, hub), keyOwnerOf(context), key, name);
    return {
      lines: [
        `Registered the key ${key.keyId.slice(0, 16)} on ${hub.origin} for ${owner} as "${name}".`,
      ],
      json: { hub: hub.origin, key_id: key.keyId, public_key: key.publicKey, name },
    };
  },
};
