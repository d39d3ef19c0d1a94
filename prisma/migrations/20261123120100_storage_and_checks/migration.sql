-- What a Prisma schema cannot say. None of it shows as drift: `migrate diff` compares neither
-- storage, collations nor checks.

-- Trees are names beside 32-byte hashes: trying to compress them costs time and gives nothing.
ALTER TABLE "trees" ALTER COLUMN "entries" SET STORAGE EXTERNAL;

-- Branches are listed in the order of their names' bytes and found by prefix, whatever the
-- database's own collation is, with the primary key as the only index.
ALTER TABLE "branches" ALTER COLUMN "name" SET DATA TYPE TEXT COLLATE "C";

-- An id is 32 bytes wherever it is stored.
ALTER TABLE "branches" ADD CONSTRAINT "branches_ids_check" CHECK (octet_length("head") = 32);
ALTER TABLE "objects" ADD CONSTRAINT "objects_ids_check" CHECK (octet_length("id") = 32);
ALTER TABLE "trees" ADD CONSTRAINT "trees_ids_check" CHECK (octet_length("id") = 32);
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_ids_check"
  CHECK (octet_length("id") = 32 AND octet_length("root_tree_id") = 32);
ALTER TABLE "commits" ADD CONSTRAINT "commits_ids_check"
  CHECK (octet_length("id") = 32 AND octet_length("snapshot_id") = 32 AND "generation" > 0);
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_hash_check"
  CHECK (octet_length("hash") = 32);

-- An accepted push has its number and the frame that was sent, and no other push has a number.
ALTER TABLE "pushes" ADD CONSTRAINT "pushes_accepted_check" CHECK (
  CASE WHEN "outcome" = 'accepted' THEN "seq" IS NOT NULL AND "frame" IS NOT NULL AND "kind" IS NOT NULL
       ELSE "seq" IS NULL END
);
ALTER TABLE "repositories" ADD CONSTRAINT "repositories_id_format_check"
  CHECK ("id_format" IN ('bare', 'prefixed'));

-- The counters of a repository and the heads of its branches change with every push: room on the
-- page keeps those updates from moving the row.
ALTER TABLE "branches" SET (fillfactor = 70);
