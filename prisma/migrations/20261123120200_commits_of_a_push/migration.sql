-- The commits that one push brought, for its page and for the job that counts their changes.
CREATE INDEX "commits_repo_id_push_seq_idx" ON "commits"("repo_id", "push_seq");
