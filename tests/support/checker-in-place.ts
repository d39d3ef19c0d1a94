import { ThreadedChecker } from '~/server/compute/threaded-checker';

/** The hub's own checker, which starts no thread: every object is among the first of its push. */
export const checkerInPlace = new ThreadedChecker({ hereMaxObjects: Number.POSITIVE_INFINITY });
