-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "account_kind" AS ENUM ('human', 'agent');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('user', 'admin');

-- CreateEnum
CREATE TYPE "visibility" AS ENUM ('public', 'private');

-- CreateEnum
CREATE TYPE "permission" AS ENUM ('read', 'write', 'admin');

-- CreateEnum
CREATE TYPE "push_outcome" AS ENUM ('receiving', 'accepted', 'refused', 'failed');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "handle" VARCHAR(40) NOT NULL,
    "handle_key" VARCHAR(40) NOT NULL,
    "display_name" TEXT NOT NULL DEFAULT '',
    "kind" "account_kind" NOT NULL DEFAULT 'human',
    "owner_id" UUID,
    "role" "role" NOT NULL DEFAULT 'user',
    "password_hash" TEXT,
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_tokens" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "repo_ids" UUID[],
    "all_repos" BOOLEAN NOT NULL DEFAULT true,
    "branch_pattern" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "last_used_from" TEXT,
    "last_used_client" TEXT,

    CONSTRAINT "access_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "token_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),
    "user_agent" TEXT NOT NULL DEFAULT '',
    "address" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "key_id" CHAR(64) NOT NULL,
    "user_id" UUID NOT NULL,
    "public_key" BYTEA NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("key_id")
);

-- CreateTable
CREATE TABLE "repositories" (
    "id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "slug" VARCHAR(100) NOT NULL,
    "slug_key" VARCHAR(100),
    "description" TEXT NOT NULL DEFAULT '',
    "visibility" "visibility" NOT NULL DEFAULT 'public',
    "default_branch" TEXT,
    "id_format" VARCHAR(8),
    "muse_repo_id" TEXT NOT NULL DEFAULT '',
    "domain" TEXT NOT NULL DEFAULT 'code',
    "require_signed" BOOLEAN NOT NULL DEFAULT false,
    "refuse_polyglot" BOOLEAN NOT NULL DEFAULT false,
    "push_seq" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "repositories_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "collaborators" (
    "repo_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "permission" "permission" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "collaborators_pkey" PRIMARY KEY ("repo_id","user_id")
);

-- CreateTable
CREATE TABLE "branch_rules" (
    "repo_id" UUID NOT NULL,
    "pattern" TEXT NOT NULL,
    "allow_force" BOOLEAN NOT NULL DEFAULT false,
    "allow_delete" BOOLEAN NOT NULL DEFAULT false,
    "push_role" "permission" NOT NULL DEFAULT 'write',
    "require_signed" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "branch_rules_pkey" PRIMARY KEY ("repo_id","pattern")
);

-- CreateTable
CREATE TABLE "branches" (
    "repo_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "head" BYTEA NOT NULL,
    "push_seq" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "branches_pkey" PRIMARY KEY ("repo_id","name")
);

-- CreateTable
CREATE TABLE "segments" (
    "repo_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "bytes" BIGINT NOT NULL,
    "object_count" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "segments_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "objects" (
    "repo_id" UUID NOT NULL,
    "id" BYTEA NOT NULL,
    "size" BIGINT NOT NULL,
    "encoding" SMALLINT NOT NULL,
    "segment_id" UUID NOT NULL,
    "segment_offset" BIGINT NOT NULL,
    "stored_length" BIGINT NOT NULL,
    "extents" JSONB,
    "polyglot" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "objects_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "trees" (
    "repo_id" UUID NOT NULL,
    "id" BYTEA NOT NULL,
    "entries" BYTEA NOT NULL,

    CONSTRAINT "trees_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "snapshots" (
    "repo_id" UUID NOT NULL,
    "id" BYTEA NOT NULL,
    "root_tree_id" BYTEA NOT NULL,
    "entry_count" INTEGER NOT NULL,
    "extra" BYTEA NOT NULL,
    "id_verified" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "commits" (
    "repo_id" UUID NOT NULL,
    "id" BYTEA NOT NULL,
    "snapshot_id" BYTEA NOT NULL,
    "parents" BYTEA[],
    "generation" INTEGER NOT NULL,
    "author" TEXT NOT NULL,
    "committed_at" TEXT NOT NULL,
    "committed_time" TIMESTAMPTZ(3),
    "branch" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "breaking" BOOLEAN NOT NULL,
    "sem_ver_bump" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "signature_state" VARCHAR(12) NOT NULL,
    "id_verified" BOOLEAN NOT NULL DEFAULT true,
    "record" BYTEA NOT NULL,
    "push_seq" INTEGER NOT NULL,

    CONSTRAINT "commits_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "commit_stats" (
    "repo_id" UUID NOT NULL,
    "id" BYTEA NOT NULL,
    "added" INTEGER NOT NULL,
    "removed" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,

    CONSTRAINT "commit_stats_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "pushes" (
    "repo_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "seq" INTEGER,
    "outcome" "push_outcome" NOT NULL,
    "kind" VARCHAR(12),
    "branch" TEXT NOT NULL,
    "head" BYTEA,
    "old_head" BYTEA,
    "new_head" BYTEA,
    "actor_id" UUID,
    "token_id" UUID,
    "client" TEXT NOT NULL DEFAULT '',
    "address" TEXT NOT NULL DEFAULT '',
    "objects_new" INTEGER NOT NULL DEFAULT 0,
    "objects_reused" INTEGER NOT NULL DEFAULT 0,
    "commits_new" INTEGER NOT NULL DEFAULT 0,
    "snapshots_new" INTEGER NOT NULL DEFAULT 0,
    "bytes_received" BIGINT NOT NULL DEFAULT 0,
    "bytes_stored" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "duration_ms" INTEGER,
    "error_code" TEXT,
    "frame" JSONB,

    CONSTRAINT "pushes_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateTable
CREATE TABLE "comments" (
    "id" UUID NOT NULL,
    "repo_id" UUID NOT NULL,
    "commit_id" BYTEA NOT NULL,
    "author_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "edited_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "comments_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_handle_key_key" ON "users"("handle_key");

-- CreateIndex
CREATE UNIQUE INDEX "access_tokens_hash_key" ON "access_tokens"("hash");

-- CreateIndex
CREATE INDEX "access_tokens_user_id_idx" ON "access_tokens"("user_id");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE INDEX "sessions_token_id_idx" ON "sessions"("token_id");

-- CreateIndex
CREATE INDEX "signing_keys_user_id_idx" ON "signing_keys"("user_id");

-- CreateIndex
CREATE INDEX "repositories_visibility_updated_at_idx" ON "repositories"("visibility", "updated_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "repositories_owner_id_slug_key_key" ON "repositories"("owner_id", "slug_key");

-- CreateIndex
CREATE INDEX "collaborators_user_id_idx" ON "collaborators"("user_id");

-- CreateIndex
CREATE INDEX "objects_id_idx" ON "objects"("id");

-- CreateIndex
CREATE INDEX "commits_repo_id_generation_id_idx" ON "commits"("repo_id", "generation", "id");

-- CreateIndex
CREATE INDEX "pushes_repo_id_branch_seq_idx" ON "pushes"("repo_id", "branch", "seq");

-- CreateIndex
CREATE INDEX "pushes_repo_id_started_at_id_idx" ON "pushes"("repo_id", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "pushes_under_way_idx" ON "pushes"("seen_at") WHERE (outcome = 'receiving'::push_outcome);

-- CreateIndex
CREATE UNIQUE INDEX "pushes_repo_id_seq_key" ON "pushes"("repo_id", "seq");

-- CreateIndex
CREATE INDEX "comments_repo_id_commit_id_created_at_idx" ON "comments"("repo_id", "commit_id", "created_at");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_token_id_fkey" FOREIGN KEY ("token_id") REFERENCES "access_tokens"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "repositories" ADD CONSTRAINT "repositories_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "collaborators" ADD CONSTRAINT "collaborators_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "collaborators" ADD CONSTRAINT "collaborators_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "branch_rules" ADD CONSTRAINT "branch_rules_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "branches" ADD CONSTRAINT "branches_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


