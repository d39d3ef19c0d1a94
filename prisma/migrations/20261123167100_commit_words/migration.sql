-- What commits are found by; see docs/decisions/0013.

-- CreateTable
CREATE TABLE "commit_words" (
    "repo_id" UUID NOT NULL,
    "id" BYTEA NOT NULL,
    "order_ms" BIGINT NOT NULL,
    "words" tsvector NOT NULL,

    CONSTRAINT "commit_words_pkey" PRIMARY KEY ("repo_id","id")
);

-- CreateIndex
CREATE INDEX "commit_words_id_idx" ON "commit_words"("id");

-- CreateIndex
CREATE INDEX "commit_words_words_idx" ON "commit_words" USING GIN ("words");

-- What a commit is found by: the words of its first line before those of its body, its author and
-- agent as words, and these, its type and its repository each as one word that no text can hold.
CREATE FUNCTION commit_words_of(repo_id uuid, message text, author text, agent text, type text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT setweight(to_tsvector('simple', left(split_part(ltrim(message, E' \t\r\n'), E'\n', 1), 1000)), 'A')
      || setweight(to_tsvector('simple', left(message, 10000)), 'C')
      || setweight(to_tsvector('simple', left(author, 200) || ' ' || left(agent, 200)), 'B')
      || array_to_tsvector(array_remove(ARRAY[
           'repo:' || repo_id::text,
           CASE WHEN author <> '' THEN 'author:' || lower(left(author, 200)) END,
           CASE WHEN agent <> '' THEN 'agent:' || lower(left(agent, 200)) END,
           CASE WHEN type <> '' THEN 'type:' || lower(type) END], NULL))
$$;

-- The commits that are there already.
INSERT INTO commit_words (repo_id, id, order_ms, words)
SELECT repo_id, id, order_ms, commit_words_of(repo_id, message, author, agent_id, type)
  FROM commits;
