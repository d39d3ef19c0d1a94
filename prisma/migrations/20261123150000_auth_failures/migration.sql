-- CreateTable
CREATE TABLE "auth_failures" (
    "key" VARCHAR(120) NOT NULL,
    "count" INTEGER NOT NULL,
    "resets_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "auth_failures_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "auth_failures_resets_at_idx" ON "auth_failures"("resets_at");
