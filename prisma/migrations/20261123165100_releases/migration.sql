-- CreateTable
CREATE TABLE "releases" (
    "repo_id" UUID NOT NULL,
    "id" VARCHAR(100) NOT NULL,
    "tag" VARCHAR(255) NOT NULL,
    "channel" VARCHAR(8) NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "is_draft" BOOLEAN NOT NULL,
    "commit_id" BYTEA NOT NULL,
    "snapshot_id" BYTEA NOT NULL,
    "record" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "edited_at" TIMESTAMPTZ(3),
    "actor_id" UUID,

    CONSTRAINT "releases_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateIndex
CREATE INDEX "releases_repo_id_created_at_id_idx" ON "releases"("repo_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "releases_repo_id_tag_key" ON "releases"("repo_id", "tag");

-- AddForeignKey
ALTER TABLE "releases" ADD CONSTRAINT "releases_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;


