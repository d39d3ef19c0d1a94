-- CreateTable
CREATE TABLE "audit_log" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "action" VARCHAR(40) NOT NULL,
    "actor_id" UUID,
    "actor_name" TEXT NOT NULL,
    "token_id" UUID,
    "session_id" UUID,
    "subject_kind" VARCHAR(20) NOT NULL,
    "subject_id" TEXT,
    "subject_name" TEXT NOT NULL,
    "repo_id" UUID,
    "address" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hub_settings" (
    "name" VARCHAR(60) NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "hub_settings_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "audit_log_at_id_idx" ON "audit_log"("at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_log_actor_id_at_id_idx" ON "audit_log"("actor_id", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_log_action_at_id_idx" ON "audit_log"("action", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_log_repo_id_at_id_idx" ON "audit_log"("repo_id", "at" DESC, "id" DESC);



-- The log is only ever added to, whoever is connected.
CREATE FUNCTION "audit_log_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "audit_log_append_only"
  BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_log_refuse_change"();
