import type { Id } from '~/muse/ids';
import { checkSigned, keyIdsOf, type SignatureState, signatureState } from '~/muse/signature';
import { parseCommitRecord } from '~/wire/commit-record';
import { isViolation, Refusal } from '~/wire/errors';
import type { PushStore } from '../ports/push-store';
import type { PushCommits, PushedCommit } from './push-commits';

/**
 * Finds the state of each new commit's signature (docs/protocol.md §6). Where signed commits are
 * required, throws `signature-required` for one without and `signature-invalid` for one that does
 * not verify with a registered key. Unsigned commits are left out of the result.
 */
export async function checkSignatures(
  commits: PushCommits,
  fresh: PushedCommit[],
  required: boolean,
  store: Pick<PushStore, 'findSigningKeys'>,
): Promise<Map<Id, SignatureState>> {
  const states = new Map<Id, SignatureState>();
  const unsigned = required ? fresh.find((commit) => !commit.signed) : undefined;
  if (unsigned) expectSigned(unsigned.id, 'none');
  const signed = fresh.filter((commit) => commit.signed);
  for await (const batch of commits.records(signed)) {
    const parsed = batch.map(({ commit, raw }) => {
      const read = parseCommitRecord(raw);
      if (isViolation(read)) throw new Error(`record of ${commit.id} no longer parses`);
      return read;
    });
    const keys = await store.findSigningKeys([...new Set(parsed.flatMap(keyIdsOf))]);
    for (const commit of parsed) {
      const state = signatureState(commit, (keyId) => keys.get(keyId)?.publicKey ?? null);
      if (required) expectSigned(commit.id, state);
      states.set(commit.id, state);
    }
  }
  return states;
}

function expectSigned(id: Id, state: SignatureState): void {
  const problem = checkSigned(id, state);
  if (problem) throw new Refusal(problem.code, problem.detail, problem.message);
}
