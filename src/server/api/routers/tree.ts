import { z } from 'zod';
import { browseTree } from '~/server/services/browse-tree';
import { defaultRef, type ResolvedRef, resolveRef } from '~/server/services/resolve-ref';
import { showFile, showReadme } from '~/server/services/show-file';
import { idOut } from '../id-shape';
import { refSegments, refShape } from '../ref-shape';
import { type ApiContext, createRouter, readProcedure } from '../trpc';

const midiShape = z.object({
  svg: z.string(),
  notes: z.number(),
  truncated: z.boolean(),
  seconds: z.number(),
  tracks: z.array(z.object({ name: z.string(), instrument: z.string(), notes: z.number() })),
  tempo: z.object({ first: z.number(), lowest: z.number(), highest: z.number() }).nullable(),
  timeSignatures: z.array(z.string()),
  keys: z.array(z.string()),
});

const tableShape = z.object({
  header: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  rowCount: z.number(),
  columnCount: z.number(),
});

const fileShape = z.object({
  name: z.string(),
  id: idOut,
  size: z.number(),
  polyglot: z.string(),
  /** How it can be shown: as lines of text, a picture, a sound, or only downloaded. */
  view: z.enum(['text', 'image', 'audio', 'midi', 'binary', 'too-large']),
  /** Lines as safe HTML; null unless `view` is text. */
  lines: z.array(z.string()).nullable(),
  language: z.string().nullable(),
  /** The file as rendered Markdown, safe HTML; null when it is none. */
  markdown: z.string().nullable(),
  /** The cells of a CSV or TSV file, up to a bound, and how many there are. */
  table: tableShape.nullable(),
  /** The notes of a MIDI file as safe SVG, and its facts; null unless `view` is midi. */
  midi: midiShape.nullable(),
  /** Why a file is not what its name says, as the end of a sentence. */
  problem: z.string(),
});

const treeShape = z.object({
  ref: refShape,
  path: z.array(z.string()),
  entries: z
    .array(
      z.object({ kind: z.enum(['file', 'dir']), name: z.string(), size: z.number().nullable() }),
    )
    .nullable(),
  /** All of the directory's entries, also those beyond what is listed. */
  entryCount: z.number(),
  readme: z.object({ name: z.string(), html: z.string() }).nullable(),
  file: fileShape.nullable(),
});

export const treeRouter = createRouter({
  /**
   * What lies at an address `ref/path…`: a directory with its README, or a file. Without segments
   * the root of the default branch; null while the repository is empty.
   */
  browse: readProcedure
    .input(z.object({ segments: refSegments.default([]) }))
    .output(treeShape.nullable())
    .query(async ({ ctx, input }) => {
      const ref = await findRef(ctx, ctx.repo, input.segments);
      if (!ref) return null;
      const { path } = ref;
      const found = await browseTree(ctx.repo, ref.commitId, path, ctx.deps);
      if (found.kind === 'file') {
        const file = await showFile(ctx.repo, ref, found, ctx.deps);
        return { ref, path, entries: null, entryCount: 0, readme: null, file };
      }
      const readme = found.readme && (await showReadme(ctx.repo, ref, found.readme, ctx.deps));
      return { ref, path, ...found, readme, file: null };
    }),
});

function findRef(
  ctx: Pick<ApiContext, 'deps'>,
  repo: Parameters<typeof resolveRef>[0],
  asked: string[],
): Promise<ResolvedRef | null> {
  return asked.length === 0 ? defaultRef(repo, ctx.deps) : resolveRef(repo, asked, ctx.deps);
}
