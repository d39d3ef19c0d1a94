import { hostname } from 'node:os';
import { generateSigningKey, signingKeyFile } from '~/client/signing-key';
import type { Command } from '../command';
import { callerFor, chooseHub, warnIfOpen } from '../hub-access';
import { registerKey } from '../register-key';

export const keyGenerate: Command = {
  usage: ['key generate [URL] [--name NAME] [--local]'],
  about:
    'Makes an Ed25519 key to sign commits with, and registers its public half on a hub, for which your access token needs the scope admin (musehub login --scope admin). The private half stays here, in ~/.muse/keys, readable by you alone.',
  options: {
    name: { type: 'string', value: 'NAME', summary: 'what to call it; this machine’s name' },
    local: { type: 'boolean', summary: 'only make it; register it later with: musehub key add' },
  },
  examples: [
    { line: 'key generate', does: 'for the hub of the repository here' },
    { line: 'push --sign', does: 'signs with it what is new' },
  ],
  positionals: [0, 1],
  async run(context) {
    const { args } = context;
    const hub = chooseHub(context, args.positionals[0] ?? null);
    const file = signingKeyFile(context.home, hub);
    const key = generateSigningKey(file);
    const { keyId, publicKey } = key;
    const json = { hub: hub.origin, key_id: keyId, public_key: publicKey, file };
    const lines = [`Made the key ${keyId.slice(0, 16)} in ${file}.`];
    if (args.flag('local')) return { lines, json: { ...json, registered: false } };
    warnIfOpen(context, hub);
    const name = args.text('name') ?? hostname();
    try {
      const owner = await registerKey(hub, callerFor(context, hub), { agent: null }, key, name);
      lines.push(`Registered it on ${hub.origin} for ${owner} as "${name}".`);
    } catch (error) {
      // The key is good all the same.
      return { lines: [...lines, 'It is not registered yet.'], json, error };
    }
    return { lines, json: { ...json, registered: true, name } };
  },
};
