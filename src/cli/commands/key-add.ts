import { hostname } from 'node:os';
import { readSigningKey, signingKeyFile } from '~/client/signing-key';
import type { Command } from '../command';
import { callerFor, chooseHub, warnIfOpen } from '../hub-access';
import { registerKey } from '../register-key';

export const keyAdd: Command = {
  usage: ['key add [FILE] [--hub URL] [--name NAME]'],
  about:
    'Registers the public half of an Ed25519 key that you have, a private key in PEM, on a hub: the key of that hub in ~/.muse/keys, or that of a file. Your access token needs the scope admin.',
  options: {
    hub: { type: 'string', value: 'URL', summary: 'the hub, e.g. http://localhost:3000' },
    name: { type: 'string', value: 'NAME', summary: 'what to call it; this machine’s name' },
  },
  examples: [
    { line: 'key add', does: 'the key that key generate --local made' },
    { line: 'key add ci.pem --name "CI of demo"', does: 'another one' },
  ],
  positionals: [0, 1],
  async run(context) {
    const { args } = context;
    const hub = chooseHub(context, args.text('hub'));
    const key = readSigningKey(args.positionals[0] ?? signingKeyFile(context.home, hub));
    warnIfOpen(context, hub);
    const name = args.text('name') ?? hostname();
    const owner = await registerKey(hub, callerFor(context, hub), key, name);
    return {
      lines: [
        `Registered the key ${key.keyId.slice(0, 16)} on ${hub.origin} for ${owner} as "${name}".`,
      ],
      json: { hub: hub.origin, key_id: key.keyId, public_key: key.publicKey, name },
    };
  },
};
