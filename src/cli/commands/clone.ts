import path from 'node:path';
import { clone } from '~/client/clone';
import { parseAddress } from '~/client/remote-address';
import type { CheckoutReport } from '~/client/work-tree';
import type { Command, CommandContext } from '../command';
import { callerFor } from '../hub-access';
import { countText, shortId } from '../terminal-text';
import { fetchProgressOf, receivedJson, receivedText } from './fetch';

export const cloneCommand: Command = {
  usage: ['clone URL [FOLDER]'],
  about:
    'Copies a repository from a hub: its whole history, every branch, and the files of the default branch. Everything is checked against its id; when something fails, nothing is left behind.',
  options: {},
  examples: [
    { line: 'clone http://localhost:3000/ada/demo', does: 'into the folder demo' },
    { line: 'clone http://localhost:3000/ada/demo copy', does: 'into another folder' },
  ],
  positionals: [1, 2],
  async run(context) {
    const [url = '', given] = context.args.positionals;
    const address = parseAddress(url);
    const folder = path.resolve(context.cwd, given ?? address.slug);
    const progress = context.report.progress();
    const result = await clone(address, callerFor(context, address.hub), {
      folder,
      onProgress: (state) => progress.update(fetchProgressOf(state)),
    });
    if (result.files !== null) noteFiles(context, result.files);
    const lines = [`Cloned ${address.url} into ${folder}`];
    if (result.received === null) lines.push('  The repository has no commits yet.');
    else {
      lines.push(`  ${receivedText(result.received)}`);
      lines.push(
        `  ${countText(result.branches, 'branch')}; on ${result.branch} at ${shortId(result.head)}`,
      );
    }
    return {
      lines,
      json: {
        url: address.url,
        folder,
        branch: result.branch,
        head: result.head,
        branches: result.branches,
        files: result.files?.files ?? 0,
        skipped: result.files?.skipped ?? [],
        collisions: result.files?.collisions ?? [],
        ...receivedJson(result.received),
      },
    };
  },
};

/** Files that a person must know of because they are not, or may not be, on disk. */
export function noteFiles(context: CommandContext, files: CheckoutReport): void {
  for (const { path: name, reason } of files.skipped.slice(0, LINES_MAX)) {
    context.report.note(`skipped: ${name}: ${reason}`);
  }
  const more = files.skipped.length - LINES_MAX;
  if (more > 0) context.report.note(`skipped: ${more} more`);
  for (const names of files.collisions.slice(0, LINES_MAX)) {
    context.report.note(`warning: some systems cannot keep these apart: ${names.join(' | ')}`);
  }
}

const LINES_MAX = 20;
