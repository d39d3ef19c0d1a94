import { z } from 'zod';
import type { DeltaEntry } from '~/muse/structured-delta';
import { idOut } from './id-shape';

/** A commit as lists show it. */
export const commitShape = z.object({
  id: idOut,
  snapshotId: idOut,
  parents: z.array(idOut),
  generation: z.number(),
  /** Milliseconds since the epoch; null when the record's time is not one. */
  timeMs: z.number().nullable(),
  /** The record's own text. */
  committedAt: z.string(),
  author: z.string(),
  authorHandle: z.string().nullable(),
  branch: z.string(),
  message: z.string(),
  type: z.string(),
  scope: z.string(),
  breaking: z.boolean(),
  semVerBump: z.string(),
  agentId: z.string(),
  modelId: z.string(),
  signatureState: z.enum(['verified', 'unknown-key', 'bad', 'none']),
  idVerified: z.boolean(),
  comments: z.number(),
  tags: z.array(z.string()),
});

export const pushShape = z.object({
  id: z.string(),
  seq: z.number().nullable(),
  outcome: z.enum(['receiving', 'accepted', 'refused', 'failed']),
  kind: z.string().nullable(),
  branch: z.string(),
  head: idOut.nullable(),
  oldHead: idOut.nullable(),
  newHead: idOut.nullable(),
  actor: z.object({ handle: z.string(), kind: z.enum(['human', 'agent']) }).nullable(),
  tokenName: z.string().nullable(),
  client: z.string(),
  objectsNew: z.number(),
  objectsReused: z.number(),
  commitsNew: z.number(),
  snapshotsNew: z.number(),
  bytesReceived: z.number(),
  bytesStored: z.number(),
  startedAtMs: z.number(),
  finishedAtMs: z.number().nullable(),
  durationMs: z.number().nullable(),
  errorCode: z.string().nullable(),
  /** The phases it came to, with their milliseconds; null for the one it is in. */
  phases: z.array(
    z.object({
      phase: z.enum(['receiving', 'checking', 'storing', 'applying']),
      ms: z.number().nullable(),
    }),
  ),
  /** `seq` of the entry that the branch was put back to by hand. */
  restoredSeq: z.number().nullable(),
});

const deltaEntry: z.ZodType<DeltaEntry> = z.object({
  change: z.enum(['added', 'changed', 'removed', 'moved', 'other']),
  name: z.string(),
  summary: z.string(),
  get children() {
    return z.array(deltaEntry);
  },
});

const deltaShape = z.object({
  domain: z.string(),
  summary: z.string(),
  entries: z.array(deltaEntry),
  counts: z.object({
    added: z.number(),
    changed: z.number(),
    removed: z.number(),
    moved: z.number(),
    other: z.number(),
  }),
  notShown: z.number(),
});

/** Everything a commit's page shows. */
export const shownCommitShape = commitShape.extend({
  subject: z.string(),
  body: z.string(),
  breakingChanges: z.array(z.string()),
  position: z
    .object({
      branch: z.string(),
      isDefault: z.boolean(),
      place: z.number(),
      count: z.number(),
      older: idOut.nullable(),
      newer: idOut.nullable(),
    })
    .nullable(),
  parentCommits: z.array(commitShape),
  toolchainId: z.string(),
  promptHash: z.string(),
  signerKeyId: z.string(),
  signer: z.string().nullable(),
  push: pushShape.nullable(),
  reviewedBy: z.array(z.string()),
  testRuns: z.number(),
  formatVersion: z.number().nullable(),
  delta: deltaShape.nullable(),
});

export const commentShape = z.object({
  id: z.string(),
  author: z.object({ handle: z.string(), kind: z.enum(['human', 'agent']) }),
  body: z.string(),
  createdAtMs: z.number(),
  editedAtMs: z.number().nullable(),
  mayEdit: z.boolean(),
  mayDelete: z.boolean(),
});

/** A comment as its page shows it. */
export const shownCommentShape = commentShape.extend({
  /** Its Markdown as safe HTML; null where it is shown as it was written. */
  html: z.string().nullable(),
});
