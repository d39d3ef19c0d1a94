import { randomUUID } from 'node:crypto';
import type { Content } from './content';
import type { Program } from './processes';
import type { RequestLog } from './request-log';

/** A server with its client: the hub, or git in one of its two forms. */
export interface Peer {
  name: string;
  requests: RequestLog;
  /** The process whose memory and CPU are the server's, with all below it. */
  serverPids(): number[];
  /** The CPU of the server so far; ms. */
  serverCpuMs(): number;
  /** The memory of the server now, and before it had done anything; MiB. */
  serverMib(): number;
  readonly idleMib: number;
  /** Waits until the server has done what it does after an answer, so that each work begins at rest. */
  settle(): Promise<void>;
  /** A folder with the whole history of some content. */
  source(content: Content): Promise<string>;
  /** Points the branch main of a folder at the commit with this number, from 0. */
  moveTo(folder: string, commit: number): void;
  /** A new, empty repository on the server; its address. */
  makeRepository(): Promise<string>;
  removeRepository(url: string): void;
  /** Makes a folder forget what its client keeps beside the store. */
  forget(folder: string): void;
  push(folder: string, url: string): Program;
  /** Pushes to `url` and keeps it as the remote `origin`. */
  pushAsOrigin(folder: string, url: string): Program;
  pushOrigin(folder: string): Program;
  clone(url: string, folder: string): Program;
  fetchOrigin(folder: string): Program;
  stop(): Promise<void>;
}

export function newName(): string {
  return `bench-${randomUUID().slice(0, 8)}`;
}
