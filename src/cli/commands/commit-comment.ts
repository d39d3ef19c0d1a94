import { ClientError } from '~/client/client-error';
import { addComment } from '~/client/comment-api';
import { type Id, parseId } from '~/muse/ids';
import type { Command, CommandContext } from '../command';
import { callerFor, warnIfOpen } from '../hub-access';
import { readInput } from '../read-secret';
import { chooseRemoteAt } from '../remote-choice';
import { shortId } from '../terminal-text';

export const commitComment: Command = {
  usage: ['commit comment ID --body TEXT [--to REMOTE|URL]', 'commit comment ID --body-stdin'],
  about:
    'Says something about a commit on a hub, as the commit’s page does. The commit is named by its whole id; the repository is the remote origin of the folder here unless another one is named.',
  options: {
    body: { type: 'string', value: 'TEXT', summary: 'the comment' },
    'body-stdin': { type: 'boolean', summary: 'read the comment from standard input' },
    to: { type: 'string', value: 'REMOTE|URL', summary: 'the repository; origin unless named' },
  },
  examples: [
    { line: 'commit comment 9c1e…f0 --body "Looks right."', does: 'on the remote origin' },
    { line: 'commit comment 9c1e…f0 --body-stdin < review.txt', does: 'a long one' },
  ],
  positionals: [1, 1],
  async run(context) {
    const { args } = context;
    const commit = commitOf(args.positionals[0]!);
    const remote = chooseRemoteAt(context.cwd, args.text('to') ?? undefined).address;
    const body = await bodyOf(context);
    warnIfOpen(context, remote.hub);
    const made = await addComment(remote, callerFor(context, remote.hub), commit, body);
    return {
      lines: [`Commented on ${shortId(commit)} as ${made.author}.`, made.url],
      json: { remote: remote.url, commit_id: commit, id: made.id, url: made.url },
    };
  },
};

function commitOf(text: string): Id {
  const id = parseId(text)?.id;
  if (id !== undefined) return id;
  throw new ClientError('usage', `${text} is not the id of a commit.`, {
    fix: 'Copy the whole id, 64 hex digits, from the commit’s page.',
  });
}

async function bodyOf({ args, openStdin }: CommandContext): Promise<string> {
  const body = args.text('body');
  if (args.flag('body-stdin') === (body !== null)) {
    throw new ClientError('usage', 'Say what the comment is.', {
      fix: 'Give it with --body TEXT, or with --body-stdin.',
    });
  }
  return body ?? readInput(openStdin());
}
