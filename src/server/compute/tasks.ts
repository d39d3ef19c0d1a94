import type { Compute } from '../ports/compute';
import { compareFiles } from '../services/compare-files';
import { compareMidi } from '../services/compare-midi';
import { drawMidi } from '../services/draw-midi';
import { findSimilar } from '../services/find-similar';
import { highlightLines } from '../services/highlight-code';

type Tasks = {
  [Name in Exclude<keyof Compute, 'close'>]: (
    ...args: Parameters<Compute[Name]>
  ) => Awaited<ReturnType<Compute[Name]>> | ReturnType<Compute[Name]>;
};

/** What a thread does, by the names of the port's methods. */
export const tasks: Tasks = {
  compareFiles,
  findSimilar,
  drawMidi,
  compareMidi,
  highlightLines: (text, fileName) => highlightLines(text, fileName),
};

export type TaskName = keyof Tasks;

/** What a thread is sent; it answers each before it takes the next. */
export interface TaskRequest {
  name: TaskName;
  args: unknown[];
}
