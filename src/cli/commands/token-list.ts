import { listTokens, type TokenOnHub } from '~/client/token-api';
import type { Command } from '../command';
import { callerFor, chooseHub } from '../hub-access';

export const tokenList: Command = {
  usage: ['token list [URL]'],
  about: 'Shows your access tokens on a hub: what each may do, when it ends and was used last.',
  options: {},
  examples: [
    { line: 'token list', does: 'on the hub of the repository here' },
    { line: 'token list http://localhost:3000 --json', does: 'for a script' },
  ],
  positionals: [0, 1],
  async run(context) {
    const hub = chooseHub(context, context.args.positionals[0] ?? null);
    const tokens = await listTokens(hub, callerFor(context, hub));
    return {
      lines: tokens.length === 0 ? ['No tokens.'] : tokens.map(lineOf),
      json: {
        hub: hub.origin,
        tokens: tokens.map((token) => ({
          id: token.id,
          name: token.name,
          scopes: token.scopes,
          repositories: token.repositories,
          branch_pattern: token.branchPattern,
          expires_at: token.expiresAt,
          last_used: token.lastUsed,
          current: token.current,
        })),
      },
    };
  },
};

function lineOf(token: TokenOnHub): string {
  const reach = token.repositories === null ? 'all repositories' : token.repositories.join(' ');
  const used = token.lastUsed;
  return [
    token.id.slice(0, 8),
    token.name + (token.current ? ' (this one)' : ''),
    token.scopes.join(' '),
    reach + (token.branchPattern === null ? '' : `, branches ${token.branchPattern}`),
    token.expiresAt === null ? 'never expires' : `expires ${token.expiresAt.slice(0, 10)}`,
    used === null ? 'never used' : `used ${used.at.slice(0, 10)} from ${used.address}`,
  ].join('  ');
}
