-- CreateIndex
CREATE INDEX "access_tokens_created_at_id_idx" ON "access_tokens"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "pushes_started_at_id_idx" ON "pushes"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "pushes_actor_id_started_at_id_idx" ON "pushes"("actor_id", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "repositories_created_at_id_idx" ON "repositories"("created_at" DESC, "id" DESC);


-- What went wrong, of all repositories: few rows among many. Like the index of pushes under way it
-- is known to the migrations only.
CREATE INDEX "pushes_gone_wrong_idx" ON "pushes" ("started_at" DESC, "id" DESC)
  WHERE "outcome" IN ('refused', 'failed');
