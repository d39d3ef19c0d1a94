import { describe, expect, it } from 'vitest';
import { objectIdOf } from '~/muse/ids';
import { ManifestTree } from '~/muse/manifest-tree';
import { isProblem } from '~/muse/problem';
import { RecentManifests } from '~/server/services/recent-manifests';

function manifestOf(files: number): ManifestTree {
  const id = objectIdOf(Buffer.from('x'));
  const entries = Array.from({ length: files }, (_, i) => [`file-${i}`, id] as const);
  const manifest = ManifestTree.build(entries);
  if (isProblem(manifest)) throw new Error(manifest.message);
  return manifest;
}

describe('manifests of the last pushes', () => {
  it('are found in their own repository only', () => {
    const manifests = new RecentManifests(1024 ** 2);
    const one = manifestOf(3);
    manifests.keep('a', one.snapshotId(), one);
    expect(manifests.get('a', one.snapshotId())).toBe(one);
    expect(manifests.get('b', one.snapshotId())).toBeUndefined();
  });

  it('go, the oldest first, when they are too large together', () => {
    const all = [1, 2, 3].map((extra) => manifestOf(100 + extra));
    const room = all[1]!.approxBytes + all[2]!.approxBytes;
    const manifests = new RecentManifests(room);
    for (const each of all) manifests.keep('a', each.snapshotId(), each);
    expect(all.map((each) => manifests.get('a', each.snapshotId()))).toEqual([
      undefined,
      all[1],
      all[2],
    ]);
    // Kept once more, one is the newest and counts once.
    manifests.keep('a', all[1]!.snapshotId(), all[1]!);
    manifests.keep('a', all[0]!.snapshotId(), all[0]!);
    expect(manifests.get('a', all[2]!.snapshotId())).toBeUndefined();
    expect(manifests.get('a', all[1]!.snapshotId())).toBe(all[1]);
  });

  it('leave the others alone when one is larger than all the room', () => {
    const small = manifestOf(1);
    const large = manifestOf(1000);
    const manifests = new RecentManifests(large.approxBytes - 1);
    manifests.keep('a', small.snapshotId(), small);
    manifests.keep('a', large.snapshotId(), large);
    expect(manifests.get('a', small.snapshotId())).toBe(small);
    expect(manifests.get('a', large.snapshotId())).toBeUndefined();
  });
});
