/** How far a push under way has come. */
export interface LiveProgress {
  phase: string;
  objects: number;
  commits: number;
  bytesReceived: number;
}

/** In the browser: the newest word on each push of the page. */
const progress = new Map<string, LiveProgress>();
const listeners = new Set<() => void>();

export function tellProgress({ id, ...news }: LiveProgress & { id: string }): void {
  progress.set(id, news);
  for (const listener of [...listeners]) listener();
}

export const progressOf = (id: string): LiveProgress | undefined => progress.get(id);

export function onProgress(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
