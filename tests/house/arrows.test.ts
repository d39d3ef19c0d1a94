import { describe, expect, it } from 'vitest';
import { importsOf, type SourceFile, sourceFiles } from '~tests/support/source-files';

/**
 * The rooms of ARCHITECTURE.md and the arrows between them. A file may import from its own room and
 * from the rooms its room's row names; nothing else. The longest matching prefix names the room.
 */
const ARROWS: Record<string, string[]> = {
  'src/muse': [],
  'src/wire': ['src/muse'],
  'src/client': ['src/wire', 'src/muse'],
  'src/cli': ['src/client', 'src/wire', 'src/muse'],
  'src/server/access.ts': ['src/wire'],
  'src/server/branch-rules.ts': ['src/server/access.ts', 'src/server/ports', 'src/wire'],
  'src/server/env.ts': ['src/wire', 'src/server/logger.ts', 'src/server/misconfiguration.ts'],
  'src/server/misconfiguration.ts': [],
  'src/server/logger.ts': ['src/server/env.ts'],
  'src/server/metrics.ts': [],
  'src/server/ports': ['src/muse', 'src/wire', 'src/server/access.ts'],
  'src/server/services': [
    'src/server/ports',
    'src/server/access.ts',
    'src/server/branch-rules.ts',
    'src/wire',
    'src/muse',
  ],
  'src/server/postgres': [
    'src/server/ports',
    'src/server/access.ts',
    'src/server/branch-rules.ts',
    'src/server/misconfiguration.ts',
    'src/wire',
    'src/muse',
  ],
  'src/server/storage': ['src/server/ports', 'src/wire', 'src/muse'],
  'src/server/auth': [
    'src/server/services',
    'src/server/ports',
    'src/server/access.ts',
    'src/wire',
    'src/muse',
  ],
  'src/server/http': [
    'src/server/auth',
    'src/server/services',
    'src/server/ports',
    'src/server/access.ts',
    'src/wire',
    'src/muse',
  ],
  'src/server/api': [
    'src/server/auth',
    'src/server/services',
    'src/server/ports',
    'src/server/access.ts',
    'src/server/container.ts',
    'src/wire',
    'src/muse',
  ],
  'src/server/compute': ['src/server/services', 'src/server/ports', 'src/wire', 'src/muse'],
  'src/server/jobs': ['src/server/services', 'src/server/ports', 'src/wire', 'src/muse'],
  'src/server/fsck': ['src/server/ports', 'src/wire', 'src/muse'],
  'src/server/fsck-main.ts': ['src/server', 'src/wire', 'src/muse'],
  'src/server/backup-main.ts': ['src/server', 'src/wire', 'src/muse'],
  'src/server/container.ts': ['src/server', 'src/wire', 'src/muse'],
  'src/server/start': ['src/server', 'src/wire', 'src/muse'],
  'src/server/main.ts': ['src/server', 'src/wire', 'src/muse'],
  'src/trpc': ['src/server/api', 'src/server/auth', 'src/server/container.ts', 'src/wire'],
  'src/app': ['src/trpc', 'src/server', 'src/wire', 'src/muse'],
};

const within = (path: string, room: string): boolean =>
  path === room || `${path}.ts` === room || path.startsWith(`${room}/`);

function roomOf(path: string): string | undefined {
  return Object.keys(ARROWS)
    .filter((room) => within(path, room))
    .sort((a, b) => b.length - a.length)[0];
}

const files = sourceFiles('src', ['.ts', '.tsx']).filter((file) => !file.path.endsWith('.d.ts'));

function breaches(file: SourceFile): string[] {
  const room = roomOf(file.path);
  if (!room) return [`${file.path} is in no room`];
  const allowed = [room, ...ARROWS[room]!];
  return importsOf(file)
    .filter(({ target }) => target.startsWith('src/'))
    .filter(({ target }) => !allowed.some((other) => within(target, other)))
    .map(({ target }) => `${file.path} imports ${target}`);
}

describe('the arrows between the rooms', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it('hold for every import', () => {
    expect(files.flatMap(breaches)).toEqual([]);
  });

  it('let the wire and the object model import Node, msgpack and zstd only', () => {
    const foreign = files
      .filter((file) => within(file.path, 'src/wire') || within(file.path, 'src/muse'))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ target }) => !target.startsWith('src/'))
          .filter(
            ({ target }) => !/^(node:(crypto|zlib|buffer)|@msgpack\/msgpack|fzstd)$/.test(target),
          )
          .map(({ target }) => `${file.path} imports ${target}`),
      );
    expect(foreign).toEqual([]);
  });

  it('let only entry points choose the container', () => {
    const users = files
      .filter((file) =>
        importsOf(file).some(
          ({ target, typeOnly }) => target === 'src/server/container' && !typeOnly,
        ),
      )
      .map((file) => file.path)
      .filter(
        (path) =>
          !/^src\/(app|trpc)\/|^src\/server\/(main|start\/start-hub|api\/trpc)\.ts$/.test(path),
      );
    expect(users).toEqual([]);
  });
});
