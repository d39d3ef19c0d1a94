/** Requests that are counted together, over all processes. */
export interface RateLimit {
  /** What stands in the headers: `token`, `account`, `address`. */
  name: string;
  key: string;
  /** So many may come in `windowMs`, which begins with the first. */
  max: number;
  windowMs: number;
}

/** Requests that one process may answer without asking again. */
export interface RateLease {
  granted: number;
  /** What nobody has taken of the window yet. */
  left: number;
  /** When the window ends, ms since the epoch. */
  resetsAtMs: number;
}

export interface RateStore {
  /** Takes up to `wanted` requests of each limit's window; in the order of the limits. */
  lease(limits: (RateLimit & { wanted: number })[], atMs: number): Promise<RateLease[]>;
}
