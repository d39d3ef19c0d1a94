import { tasks } from '~/server/compute/tasks';
import type { Compute } from '~/server/ports/compute';

/** `Compute` where it is called, for tests of what uses it. */
export const directCompute: Compute = {
  compareFiles: async (files, options) => tasks.compareFiles(files, options),
  findSimilar: async (gone, come) => tasks.findSimilar(gone, come),
  highlightLines: async (text, fileName) => tasks.highlightLines(text, fileName),
  drawMidi: async (bytes) => tasks.drawMidi(bytes),
  compareMidi: async (before, after) => tasks.compareMidi(before, after),
  close: async () => {},
};
