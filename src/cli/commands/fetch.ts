import { ClientError } from '~/client/client-error';
import { fetchRemote } from '~/client/fetch';
import type { FetchProgress, FetchReport } from '~/client/receive-fetch';
import { Repository } from '~/client/repository';
import type { Command } from '../command';
import { callerFor } from '../hub-access';
import type { ProgressState } from '../progress-line';
import { chooseRemote } from '../remote-choice';
import { bytesText, countText, shortId } from '../terminal-text';

export const fetchCommand: Command = {
  usage: ['fetch [REMOTE]'],
  about:
    'Brings the commits here that the branches of a remote have, and notes where those branches are. The branches and files here stay as they are.',
  options: {},
  examples: [
    { line: 'fetch', does: 'from the remote origin' },
    { line: 'fetch upstream', does: 'from another one' },
  ],
  positionals: [0, 1],
  async run(context) {
    const repository = Repository.find(context.cwd);
    const { address, name } = chooseRemote(repository, context.args.positionals[0]);
    if (name === null) {
      throw new ClientError('unknown-remote', `No remote here has the address ${address.url}.`, {
        fix: `Name it first: musehub push ${address.url} --as NAME`,
      });
    }
    const progress = context.report.progress();
    const caller = callerFor(context, address.hub);
    const result = await fetchRemote(repository, address, caller, {
      remoteName: name,
      onProgress: (state) => progress.update(fetchProgressOf(state)),
    });
    const lines = [`From ${address.url}`];
    if (result.updated.length === 0) lines.push('  up to date');
    for (const { branch, oldHead, newHead } of result.updated) {
      lines.push(
        `  ${branch}: ${oldHead === null ? 'new' : `${shortId(oldHead)} →`} ${shortId(newHead)}`,
      );
    }
    for (const branch of result.gone) lines.push(`  ${branch}: no longer on the remote`);
    if (result.received !== null) lines.push(`  ${receivedText(result.received)}`);
    return {
      lines,
      json: {
        remote: address.url,
        updated: result.updated.map(({ branch, oldHead, newHead }) => ({
          branch,
          old_head: oldHead,
          new_head: newHead,
        })),
        gone: result.gone,
        ...receivedJson(result.received),
      },
    };
  },
};

export function fetchProgressOf(state: FetchProgress): ProgressState {
  const objects = state.phase === 'objects';
  return {
    phase: 'receiving',
    done: objects ? state.objects : state.commits,
    total: objects ? state.objectsTotal : state.commitsTotal,
    noun: objects ? 'object' : 'commit',
    bytes: state.bytes,
    bytesTotal: 0,
  };
}

export function receivedText(received: FetchReport): string {
  const text = [
    countText(received.commits, 'commit'),
    countText(received.objects, 'object'),
    `${bytesText(received.wireBytes)} received`,
  ].join(', ');
  const { length } = received.unverified;
  return length === 0 ? text : `${text}; ${countText(length, 'id')} of a later schema not checked`;
}

export function receivedJson(received: FetchReport | null): Record<string, unknown> {
  return {
    commits: received?.commits ?? 0,
    snapshots: received?.snapshots ?? 0,
    objects: received?.objects ?? 0,
    bytes_received: received?.wireBytes ?? 0,
    unverified: received?.unverified ?? [],
  };
}
