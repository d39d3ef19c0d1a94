import * as realFiles from 'node:fs/promises';
import { basename } from 'node:path';
import type { Files } from '~/server/storage/local-blob-store';

/** A call into the operating system: what, and on which file or folder (last name only). */
export type FileCall = `${string} ${string}`;

/**
 * The real file system with a look at every call: `calls` notes each as it *completes*, and
 * `before` may throw in its place, as a full or broken disk would.
 */
export class FaultyFiles {
  readonly calls: FileCall[] = [];
  before: (call: FileCall, index: number) => void = () => {};
  #count = 0;

  readonly files: Files = {
    link: (from, to) => this.#run('link', to, () => realFiles.link(from, to)),
    unlink: (path) => this.#run('unlink', path, () => realFiles.unlink(path)),
    lstat: realFiles.lstat,
    readdir: realFiles.readdir,
    mkdir: ((path: string, options: object) =>
      this.#run('mkdir', path, () => realFiles.mkdir(path, options))) as Files['mkdir'],
    open: (path, flags, mode) =>
      this.#run(flags === 'wx' ? 'create' : 'open', path, async () =>
        this.#watch(await realFiles.open(path, flags, mode), String(path)),
      ),
  };

  #watch(handle: realFiles.FileHandle, path: string): realFiles.FileHandle {
    return new Proxy(handle, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'writev' && name !== 'sync') return member.bind(target);
        return (...args: unknown[]) => this.#run(name, path, () => member.apply(target, args));
      },
    });
  }

  async #run<T>(what: string, path: unknown, work: () => Promise<T>): Promise<T> {
    const call: FileCall = `${what} ${basename(String(path))}`;
    this.before(call, this.#count++);
    const result = await work();
    this.calls.push(call);
    return result;
  }
}

/** What the operating system throws. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: as if from the disk`), { code });
}
