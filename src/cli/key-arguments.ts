import type { KeyOwner } from '~/client/key-api';
import { readSigningKey, type SigningKey, signingKeyFile } from '~/client/signing-key';
import type { CommandContext, OptionSpec } from './command';
import { chooseHub } from './hub-access';

/** What the commands about signing keys share. */

export const AS_AGENT_OPTION: OptionSpec = {
  type: 'string',
  value: 'AGENT',
  summary: 'for an agent that you answer for, not for yourself',
};

/** For whom a command acts. */
export const keyOwnerOf = ({ args }: CommandContext): KeyOwner => ({ agent: args.text('as') });

/** The key that a command names: a file, or the one of its hub in ~/.muse/keys. */
export function chooseKey(context: CommandContext): { hub: URL; key: SigningKey } {
  const { args, home } = context;
  const hub = chooseHub(context, args.text('hub'));
  return { hub, key: readSigningKey(args.positionals[0] ?? signingKeyFile(home, hub)) };
}
