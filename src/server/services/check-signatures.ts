import type { Id } from '~/muse/ids';
import { checkSigned, keyIdsOf, type SignatureState, signatureState } from '~/muse/signature';
import { parseCommitRecord } from '~/wire/commit-record';
import { isViolation } from '~/wire/errors';
import { refuseUnsigned, type SignedOnly } from '../branch-rules';
import type { PushStore } from '../ports/push-store';
import type { PushCommits, PushedCommit } from './push-commits';

/**
 * Finds the state of each new commit's signature (docs/protocol.md §6). Where signed commits are
 * required, throws `signature-required` for one without and `signature-invalid` for one that does
 * not verify with a registered key, with what requires it in the detail. Unsigned commits are left out of the result.
 */
export async function checkSignatures(
  commits: PushCommits,
  fresh: PushedCommit[],
  required: SignedOnly | null,
  store: Pick<PushStore, 'findSigningKeys'>,
): Promise<Map<Id, SignatureState>> {
  const states = new Map<Id, SignatureState>();
  const unsigned = required ? fresh.find((commit) => !commit.signed) : undefined;
  if (unsigned) expectSigned(unsigned.id, 'none', required);
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
      expectSigned(commit.id, state, required);
      states.set(commit.id, state);
    }
  }
  return states;
}

function expectSigned(id: Id, state: SignatureState, required: SignedOnly | null): void {
  const problem = required && checkSigned(id, state);
  if (problem) throw refuseUnsigned(problem.code, required, problem.detail);
}
