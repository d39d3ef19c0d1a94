-- How long each phase of a push took, and the entry that a branch was put back to by hand.
ALTER TABLE "pushes" ADD COLUMN "phases" JSONB,
ADD COLUMN "restored_seq" INTEGER;

-- The history narrowed to a branch or an account, newest first.
CREATE INDEX "pushes_repo_id_branch_started_at_id_idx" ON "pushes"("repo_id", "branch", "started_at" DESC, "id" DESC);
CREATE INDEX "pushes_repo_id_actor_id_started_at_id_idx" ON "pushes"("repo_id", "actor_id", "started_at" DESC, "id" DESC);

-- What is rare in a history of thousands: pushes that changed nothing, and moves that are no step
-- forward. Only migrations know of partial indexes.
CREATE INDEX "pushes_not_accepted_idx" ON "pushes"("repo_id", "outcome", "started_at" DESC, "id" DESC)
  WHERE "outcome" <> 'accepted';
CREATE INDEX "pushes_other_kinds_idx" ON "pushes"("repo_id", "kind", "started_at" DESC, "id" DESC)
  WHERE "kind" <> 'fast-forward';
