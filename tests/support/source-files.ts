import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the project: its path from the root with `/`, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

const SKIPPED = new Set(['node_modules', '.git', '.next', 'dist', '.musehub', 'generated']);

/** Every file below a folder of the project whose name ends in one of the endings. */
export function sourceFiles(folder: string, endings: string[]): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (absolute: string): void => {
    for (const entry of readdirSync(absolute, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const path = join(absolute, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (endings.some((ending) => entry.name.endsWith(ending))) {
        files.push({ path: relative(PROJECT_ROOT, path), text: readFileSync(path, 'utf8') });
      }
    }
  };
  walk(resolve(PROJECT_ROOT, folder));
  return files;
}

/** What a file imports: project paths from the root without ending, and package names as they are. */
export function importsOf(file: SourceFile): { target: string; typeOnly: boolean }[] {
  const found: { target: string; typeOnly: boolean }[] = [];
  const pattern =
    /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  for (const match of file.text.matchAll(pattern)) {
    const specifier = match[2] ?? match[3]!;
    let target = specifier;
    if (specifier.startsWith('~tests/')) target = `tests/${specifier.slice(7)}`;
    else if (specifier.startsWith('~/')) target = `src/${specifier.slice(2)}`;
    else if (specifier.startsWith('.')) {
      target = relative(PROJECT_ROOT, resolve(PROJECT_ROOT, file.path, '..', specifier));
    }
    found.push({ target, typeOnly: match[1] !== undefined });
  }
  return found;
}
