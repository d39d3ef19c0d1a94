-- CreateTable
CREATE TABLE "rate_windows" (
    "key" VARCHAR(120) NOT NULL,
    "taken" BIGINT NOT NULL,
    "resets_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rate_windows_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "rate_windows_resets_at_idx" ON "rate_windows"("resets_at");

-- Counters of a minute, written often and worth nothing after a crash. Rows are updated in place.
ALTER TABLE "rate_windows" SET UNLOGGED;
ALTER TABLE "rate_windows" SET (fillfactor = 50);
