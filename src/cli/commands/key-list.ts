import { ClientError } from '~/client/client-error';
import { type KeyOnHub, listKeys } from '~/client/key-api';
import { readSigningKey, signingKeyFile } from '~/client/signing-key';
import type { Command, CommandContext } from '../command';
import { callerFor, chooseHub } from '../hub-access';
import { AS_AGENT_OPTION, keyOwnerOf } from '../key-arguments';

export const keyList: Command = {
  usage: ['key list [URL] [--as AGENT]'],
  about: 'Shows your signing keys on a hub, and which of them is kept here.',
  options: { as: AS_AGENT_OPTION },
  examples: [
    { line: 'key list', does: 'on the hub of the repository here' },
    { line: 'key list http://localhost:3000 --json', does: 'for a script' },
  ],
  positionals: [0, 1],
  async run(context) {
    const hub = chooseHub(context, context.args.positionals[0] ?? null);
    const keys = await listKeys(hub, callerFor(context, hub), keyOwnerOf(context));
    const here = keptHere(context, hub);
    return {
      lines: keys.length === 0 ? ['No keys.'] : keys.map((key) => lineOf(key, here)),
      json: {
        hub: hub.origin,
        keys: keys.map((key) => ({
          key_id: key.keyId,
          public_key: key.publicKey,
          name: key.name,
          created_at: key.createdAt,
          revoked_at: key.revokedAt,
          here: key.keyId === here,
        })),
      },
    };
  },
};

/** The id of the key of this hub that is kept here; null when there is none that can be read. */
function keptHere(context: CommandContext, hub: URL): string | null {
  try {
    return readSigningKey(signingKeyFile(context.home, hub)).keyId;
  } catch (error) {
    if (error instanceof ClientError) return null;
    throw error;
  }
}

function lineOf(key: KeyOnHub, here: string | null): string {
  const state =
    key.revokedAt === null
      ? `added ${key.createdAt.slice(0, 10)}`
      : `revoked ${key.revokedAt.slice(0, 10)}`;
  const place = key.keyId === here ? ' (kept here)' : '';
  return `${key.keyId.slice(0, 16)}  ${state}  ${key.name}${place}`;
}
