/** Which segments the database knows: what the sweep asks before it deletes a blob. */
export interface SegmentRows {
  /** Those of the segments that have a row in this repository. */
  existing(repoId: string, segmentIds: string[]): Promise<Set<string>>;
}
