-- Directories are names and hashes: trying to compress them takes a push longer than storing them,
-- and most fit into a page as they are. Rows that are there stay as they were written.
ALTER TABLE "trees" ALTER COLUMN "entries" SET STORAGE EXTERNAL;
ALTER TABLE "trees" SET (toast_tuple_target = 8160);
