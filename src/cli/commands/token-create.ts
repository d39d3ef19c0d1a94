import { ClientError } from '~/client/client-error';
import { createToken } from '~/client/token-api';
import type { Command } from '../command';
import { callerFor, chooseHub, HUB_OPTION, warnIfOpen } from '../hub-access';

const SCOPES: Record<string, string[]> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
};

export const tokenCreate: Command = {
  usage: ['token create NAME [--scope read|write|admin] [--repo OWNER/SLUG] [--branch PATTERN]'],
  about:
    'Makes an access token and prints it; it is shown this once. It can do no more, and lives no longer, than the token you are signed in with, which needs the scope admin.',
  options: {
    scope: {
      type: 'string',
      value: 'SCOPE',
      summary: 'what it may do: read, write (the default) or admin',
    },
    repo: {
      type: 'string',
      multiple: true,
      value: 'OWNER/SLUG',
      summary: 'only for this repository; may be given again',
    },
    branch: {
      type: 'string',
      value: 'PATTERN',
      summary: 'push only to branches like this, e.g. feature/**',
    },
    days: { type: 'string', value: 'N', summary: 'days until it expires; 90 if the hub allows' },
    hub: HUB_OPTION,
  },
  examples: [
    { line: 'token create laptop', does: 'to read and push everywhere you may' },
    {
      line: 'token create ci --repo ada/demo --branch "release/*" --days 30',
      does: 'a narrow one for a program',
    },
  ],
  positionals: [1, 1],
  async run(context) {
    const { args } = context;
    const name = args.positionals[0]!;
    const scope = args.text('scope') ?? 'write';
    const scopes = SCOPES[scope];
    if (scopes === undefined) {
      throw new ClientError('usage', `${scope} is no scope.`, {
        fix: 'Say --scope read, --scope write or --scope admin.',
      });
    }
    const hub = chooseHub(context, args.text('hub'));
    warnIfOpen(context, hub);
    const repositories = args.texts('repo');
    const made = await createToken(hub, callerFor(context, hub), {
      name,
      scopes,
      repositories: repositories.length === 0 ? null : repositories,
      branchPattern: args.text('branch'),
      days: daysOf(args.text('days')),
    });
    context.report.note(
      `The token "${made.name}" expires on ${made.expiresAt?.slice(0, 10)}; it is not shown again.`,
    );
    return {
      lines: [made.text],
      json: {
        hub: hub.origin,
        token: made.text,
        id: made.id,
        name: made.name,
        scopes: made.scopes,
        repositories: made.repositories,
        branch_pattern: made.branchPattern,
        expires_at: made.expiresAt,
      },
    };
  },
};

function daysOf(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new ClientError('usage', `${text} is not a number of days.`, {
    fix: 'Say e.g. --days 30.',
  });
}
