-- Branches' commits in the order pages show them, in chunks; see docs/decisions/0010.

-- AlterTable
ALTER TABLE "commits" ADD COLUMN     "order_ms" BIGINT NOT NULL DEFAULT 0;

-- The commits that are there already: a commit's own time, or a millisecond after its latest
-- parent's, parents first.
DO $$
DECLARE
  repository uuid;
  wave integer;
  highest integer;
BEGIN
  FOR repository IN SELECT DISTINCT repo_id FROM commits LOOP
    SELECT max(generation) INTO highest FROM commits WHERE repo_id = repository;
    FOR wave IN 1..highest LOOP
      UPDATE commits c
         SET order_ms = greatest(
               coalesce(floor(1000 * extract(epoch FROM c.committed_time))::bigint, 0),
               (SELECT max(p.order_ms) + 1 FROM commits p
                 WHERE p.repo_id = c.repo_id AND p.id = ANY (c.parents)))
       WHERE c.repo_id = repository AND c.generation = wave;
    END LOOP;
  END LOOP;
END $$;

ALTER TABLE "commits" ALTER COLUMN "order_ms" DROP DEFAULT;

-- CreateTable
CREATE TABLE "histories" (
    "repo_id" UUID NOT NULL,
    "branch" TEXT COLLATE "C" NOT NULL,
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "head" BYTEA NOT NULL,
    "exclude" BYTEA,
    "marks" BYTEA NOT NULL,
    "next_number" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "histories_pkey" PRIMARY KEY ("repo_id","branch")
);

-- CreateTable
CREATE TABLE "history_chunks" (
    "repo_id" UUID NOT NULL,
    "history_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "commits" BYTEA NOT NULL,
    "replaced_at" TIMESTAMPTZ(3),

    CONSTRAINT "history_chunks_pkey" PRIMARY KEY ("repo_id","history_id","number")
);

-- AddForeignKey
ALTER TABLE "histories" ADD CONSTRAINT "histories_repo_id_fkey" FOREIGN KEY ("repo_id") REFERENCES "repositories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Hashes do not compress.
ALTER TABLE "history_chunks" ALTER COLUMN "commits" SET STORAGE EXTERNAL;
ALTER TABLE "histories" ALTER COLUMN "marks" SET STORAGE EXTERNAL;
