import { sign } from 'node:crypto';
import { commitIdMatches } from '~/muse/commit-id';
import type { Id } from '~/muse/ids';
import { shortKeyId, signedMessageDigest } from '~/muse/signature';
import { NEGOTIATE_MAX_IDS } from '~/wire/limits';
import { ClientError, checkInterrupted } from './client-error';
import { walkNewHistory } from './history-walk';
import type { Caller } from './http';
import { knownCommits } from './hub-api';
import { changeCommitText, type LocalCommit } from './records';
import type { RemoteAddress } from './remote-address';
import { commitName, type Repository } from './repository';
import type { SigningKey } from './signing-key';

/** Records that are written between two flushes. */
const WRITTEN_AT_ONCE = 256;

/**
 * Signs the unsigned commits that a push is about to bring, in the repository here. A signature lies
 * outside of a commit's id, so no id changes; what the remote has already is left as it is, since a
 * hub keeps records as they came.
 *
 * @param known heads that the remote has
 * @returns how many commits were signed
 * @throws ClientError `bad-commit` when a commit's id covers the key of another signer
 */
export async function signNewCommits(
  repository: Repository,
  remote: RemoteAddress,
  caller: Caller,
  work: { head: Id; known: Id[]; key: SigningKey },
): Promise<number> {
  const { head, known, key } = work;
  const history = walkNewHistory(head, known, (id) => repository.readCommit(id));
  const unsigned = history.commits.filter(({ commit }) => commit.signature === '');
  let signed = 0;
  for (let from = 0; from < unsigned.length; from += WRITTEN_AT_ONCE) {
    checkInterrupted(caller.signal);
    const batch = unsigned.slice(from, from + WRITTEN_AT_ONCE);
    const there = await alreadyThere(batch, remote, caller);
    const fresh = batch.filter(({ commit }) => !there.has(commit.id));
    await repository.write((writer) => {
      for (const record of fresh) {
        writer.put(commitName(record.commit.id), signedText(record, key));
      }
    });
    signed += fresh.length;
  }
  return signed;
}

/** The walk may take a commit for new that is not; the remote knows. */
async function alreadyThere(
  batch: LocalCommit[],
  remote: RemoteAddress,
  caller: Caller,
): Promise<Set<Id>> {
  const there = new Set<Id>();
  for (let from = 0; from < batch.length; from += NEGOTIATE_MAX_IDS) {
    const part = batch.slice(from, from + NEGOTIATE_MAX_IDS);
    const ids = part.map(({ commit }) => commit.id);
    for (const id of await knownCommits(remote, caller, ids, part[0]!.idFormat)) there.add(id);
  }
  return there;
}

/** The text of a commit's file with its signature, from which the same id follows. */
function signedText(record: LocalCommit, key: SigningKey): string {
  const { commit } = record;
  const form = commitIdMatches(commit);
  if (form === null) {
    throw new ClientError(
      'bad-commit',
      `Commit ${commit.id} is of a later schema, whose ids are not known here; it cannot be signed.`,
      { fix: 'Push without --sign.', detail: { commit_id: commit.id } },
    );
  }
  // The six-field form hashes the signer's key: there only the name of the key is added.
  const coversKey = form === 'six';
  if (coversKey && commit.signerPublicKey !== '' && commit.signerPublicKey !== key.publicKey) {
    throw new ClientError(
      'bad-commit',
      `The id of commit ${commit.id} covers the public key of another signer; to sign it with yours would change the id.`,
      { fix: 'Push without --sign, or sign it with that key.', detail: { commit_id: commit.id } },
    );
  }
  const digest = signedMessageDigest(commit);
  const signature = sign(null, Buffer.from(digest, 'latin1'), key.privateKey);
  return changeCommitText(record.raw, commit.id, {
    signature: signature.toString('base64url'),
    signer_key_id: shortKeyId(key.keyId),
    ...(coversKey ? {} : { signer_public_key: key.publicKey }),
  });
}
