-- CreateEnum
CREATE TYPE "device_state" AS ENUM ('pending', 'approved', 'denied');

-- CreateTable
CREATE TABLE "device_requests" (
    "id" UUID NOT NULL,
    "device_hash" BYTEA NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "network" VARCHAR(64) NOT NULL,
    "address" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "scope" VARCHAR(5) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "poll_every_ms" INTEGER NOT NULL,
    "last_polled_at" TIMESTAMPTZ(3),
    "state" "device_state" NOT NULL DEFAULT 'pending',
    "user_id" UUID,
    "session_id" UUID,
    "token_id" UUID,
    "grant_name" TEXT NOT NULL DEFAULT '',
    "grant_scopes" TEXT[],
    "grant_repo_ids" UUID[],
    "grant_all_repos" BOOLEAN NOT NULL DEFAULT true,
    "grant_expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "device_requests_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "device_requests_device_hash_key" ON "device_requests"("device_hash");

-- CreateIndex
CREATE UNIQUE INDEX "device_requests_code_hash_key" ON "device_requests"("code_hash");

-- CreateIndex
CREATE INDEX "device_requests_network_expires_at_idx" ON "device_requests"("network", "expires_at");

-- CreateIndex
CREATE INDEX "device_requests_expires_at_idx" ON "device_requests"("expires_at");

-- CreateIndex
CREATE INDEX "device_requests_user_id_idx" ON "device_requests"("user_id");

-- CreateIndex
CREATE INDEX "device_requests_session_id_idx" ON "device_requests"("session_id");

-- CreateIndex
CREATE INDEX "device_requests_token_id_idx" ON "device_requests"("token_id");

-- AddForeignKey
ALTER TABLE "device_requests" ADD CONSTRAINT "device_requests_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device_requests" ADD CONSTRAINT "device_requests_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device_requests" ADD CONSTRAINT "device_requests_token_id_fkey" FOREIGN KEY ("token_id") REFERENCES "access_tokens"("id") ON DELETE CASCADE ON UPDATE CASCADE;


