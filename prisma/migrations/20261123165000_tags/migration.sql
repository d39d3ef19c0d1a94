-- CreateTable
CREATE TABLE "tags" (
    "repo_id" UUID NOT NULL,
    "id" VARCHAR(100) NOT NULL,
    "name" TEXT NOT NULL,
    "commit_id" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "actor_id" UUID,

    CONSTRAINT "tags_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateIndex
CREATE INDEX "tags_repo_id_commit_id_idx" ON "tags"("repo_id", "commit_id");

-- CreateIndex
CREATE INDEX "tags_repo_id_created_at_id_idx" ON "tags"("repo_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "tags_repo_id_name_commit_id_key" ON "tags"("repo_id", "name", "commit_id");

-- AddForeignKey
ALTER TABLE "tags" ADD CONSTRAINT "tags_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;


