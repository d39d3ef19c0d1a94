import { ClientError } from '~/client/client-error';
import { createRepository, type NewRepository } from '~/client/hub-api';
import type { Command } from '../command';
import { callerFor, chooseHub, HUB_OPTION, warnIfOpen } from '../hub-access';

export const repoCreate: Command = {
  usage: ['repo create [OWNER/]SLUG [--private] [--description TEXT] [--hub URL]'],
  about: 'Makes an empty repository on a hub. Without an owner it is yours.',
  options: {
    private: { type: 'boolean', summary: 'only you and those you invite can see it' },
    description: { type: 'string', summary: 'one line about it' },
    hub: HUB_OPTION,
  },
  examples: [
    { line: 'repo create demo', does: 'a public repository of your own' },
    { line: 'repo create ada/notes --private --description "My notes"', does: 'a private one' },
  ],
  positionals: [1, 1],
  async run(context) {
    const { args } = context;
    const hub = chooseHub(context, args.text('hub'));
    const repository = newRepository(
      args.positionals[0]!,
      args.flag('private'),
      args.text('description'),
    );
    warnIfOpen(context, hub);
    const made = await createRepository(hub, callerFor(context, hub), repository);
    const url = `${hub.origin}/${made.owner}/${made.slug}`;
    return {
      lines: [
        `Made ${repository.visibility} repository ${url}`,
        `Push to it with: musehub push ${url}`,
      ],
      json: {
        repo_id: made.repoId,
        owner: made.owner,
        slug: made.slug,
        url,
        visibility: repository.visibility,
      },
    };
  },
};

function newRepository(
  name: string,
  isPrivate: boolean,
  description: string | null,
): NewRepository {
  const parts = name.split('/');
  const slug = parts.pop()!;
  const [owner] = parts;
  if (slug === '' || owner === '' || parts.length > 1) {
    throw new ClientError('usage', `${name} is not the name of a repository.`, {
      fix: 'Write it as SLUG or OWNER/SLUG.',
    });
  }
  return {
    slug,
    visibility: isPrivate ? 'private' : 'public',
    ...(owner === undefined ? {} : { owner }),
    ...(description === null ? {} : { description }),
  };
}
