import type { Id } from './ids';

/**
 * What the hub reads of a commit record (docs/protocol.md §3); the record itself is kept as the
 * exact bytes that came. Absent texts are '' and absent lists empty; nothing is filled in.
 */
export interface Commit {
  id: Id;
  snapshotId: Id;
  /** First parent first; 0, 1 or 2 of them. */
  parents: Id[];
  message: string;
  /** The text that is hashed, e.g. `2026-04-16T12:00:00.250000+00:00`. */
  committedAt: string;
  author: string;
  /** The branch the record names; a hint of its author, not where it is. */
  branch: string;
  semVerBump: string;
  breakingChanges: string[];
  agentId: string;
  modelId: string;
  toolchainId: string;
  promptHash: string;
  signature: string;
  signerKeyId: string;
  signerPublicKey: string;
  formatVersion: number | null;
  reviewedBy: string[];
  testRuns: number;
}
