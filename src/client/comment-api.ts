import type { Id } from '~/muse/ids';
import { type Caller, requestJson } from './http';
import { mapOf, textOf } from './json-answer';
import type { RemoteAddress } from './remote-address';

/** Says something about a commit of a remote; the comment's id and address. */
export async function addComment(
  remote: RemoteAddress,
  caller: Caller,
  commit: Id,
  body: string,
): Promise<{ id: string; author: string; url: string }> {
  const url = new URL(`${remote.url}/commits/${commit}/comments`);
  const answer = mapOf(await requestJson(url, caller, 'POST', { body }));
  return {
    id: textOf(answer.id, 'id'),
    author: textOf(answer.author, 'author'),
    url: textOf(answer.url, 'url'),
  };
}
