import { ClientError } from '~/client/client-error';
import { identityFile, loadIdentity } from '~/client/identity';
import { proofOf } from '~/client/signing-key';
import type { Command } from '../command';
import { HUB_OPTION } from '../hub-access';
import { chooseKey } from '../key-arguments';

export const keyShow: Command = {
  usage: ['key show [FILE] [--hub URL] [--as HANDLE]'],
  about:
    'Prints the line that registers a key on the page Settings / Signing keys of a hub: the public key, and a proof that you hold its private half, which is good for one account only. Neither is a secret.',
  options: {
    hub: HUB_OPTION,
    as: { type: 'string', value: 'HANDLE', summary: 'the account; the one you are signed in as' },
  },
  examples: [
    { line: 'key show', does: 'the key of the hub of the repository here' },
    { line: 'key show bot.pem --as counterpoint-bot', does: 'for the account of an agent' },
  ],
  positionals: [0, 1],
  async run(context) {
    const { args } = context;
    const { hub, key } = chooseKey(context);
    const handle = args.text('as') ?? loadIdentity(identityFile(context.home), hub)?.name ?? '';
    if (handle === '') {
      throw new ClientError('usage', 'It is not known whose key this is to be.', {
        fix: 'Name the account with --as HANDLE.',
      });
    }
    const proof = proofOf(key, handle);
    return {
      lines: [`ed25519:${key.publicKey} ${proof}`],
      json: { key_id: key.keyId, public_key: key.publicKey, proof, handle },
    };
  },
};
