import { z } from 'zod';
import type { DiffPage } from '~/server/services/diff-files';
import type { CommitPair } from '~/server/services/list-changes';
import { idOut } from './id-shape';

const fileChangeShape = z.object({
  path: z.string(),
  change: z.enum(['added', 'modified', 'removed', 'renamed']),
  before: idOut.nullable(),
  after: idOut.nullable(),
  /** Of a renamed file: where it was, and how much of it stayed the same, from 0.5 to 1. */
  oldPath: z.string().nullable(),
  share: z.number().nullable(),
});

export const changesShape = z.object({
  files: z.array(fileChangeShape),
  added: z.number(),
  modified: z.number(),
  removed: z.number(),
  renamed: z.number(),
  truncated: z.boolean(),
});

const diffLineShape = z.object({
  kind: z.enum(['context', 'added', 'removed']),
  text: z.string(),
  /** The text as safe HTML: tokens coloured, changed words in `<mark>`. */
  html: z.string(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  /** The number, on the other side, of the line that it became or came from. */
  mate: z.number().nullable(),
  noNewline: z.boolean(),
});

const fileDiffShape = fileChangeShape.extend({
  beforeSize: z.number().nullable(),
  afterSize: z.number().nullable(),
  added: z.number().nullable(),
  removed: z.number().nullable(),
  diff: z
    .object({
      hunks: z.array(
        z.object({
          beforeStart: z.number(),
          beforeLines: z.number(),
          afterStart: z.number(),
          afterLines: z.number(),
          section: z.string(),
          lines: z.array(diffLineShape),
        }),
      ),
      added: z.number(),
      removed: z.number(),
      beforeLines: z.number(),
      afterLines: z.number(),
      /** Lines of the difference above the hunks that are given, and below them. */
      skipped: z.number(),
      left: z.number(),
    })
    .nullable(),
  /** The notes that differ between two MIDI files, as safe SVG. */
  midi: z
    .object({
      svg: z.string(),
      notes: z.number(),
      truncated: z.boolean(),
      added: z.number(),
      removed: z.number(),
    })
    .nullable(),
  notShown: z.enum(['binary', 'image', 'left-out', 'too-large', 'too-slow']).nullable(),
});

/** What one may ask of a page of differences. */
export const diffQuery = z.object({
  /** Files behind this path. */
  after: z.string().max(4096).nullable().default(null),
  /** This file alone, with more room for it. */
  path: z.string().max(4096).nullable().default(null),
  /** Lines of its difference to pass over: `skipped`, the lines given and `left` are all of them. */
  skip: z.number().int().min(0).max(100_000_000).default(0),
  hideWhitespace: z.boolean().default(false),
  /** Every unchanged line too, not three around each change. */
  whole: z.boolean().default(false),
});

export const diffShape = z.object({
  /** The commits that were compared; null: nothing. */
  before: idOut.nullable(),
  after: idOut,
  changes: changesShape,
  files: z.array(fileDiffShape),
  /** How many changed files lie before this page. */
  place: z.number(),
  next: z.string().nullable(),
});

/** Changed files that one page names beside those whose lines it shows. */
const CHANGES_NAMED = 300;

/** A page of differences as the API tells it: not with all of thousands of changes. */
export function pageOfChanges(pair: CommitPair, page: DiffPage): z.input<typeof diffShape> {
  const files = page.changes.files.slice(page.place, page.place + CHANGES_NAMED);
  return { ...pair, ...page, changes: { ...page.changes, files } };
}
