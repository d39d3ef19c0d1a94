/**
 * How Node runs a hub. Stack traces name the sources. New objects have twice the usual room, MiB: a
 * push makes much that is dropped soon, and what is dropped before the room is full costs nothing
 * to collect (a fifth of the CPU of a push of 10,000 objects, a seventh of one of 1,000 commits).
 */
export const hubFlags = ['--enable-source-maps', '--max-semi-space-size=32'];
