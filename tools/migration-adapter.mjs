// The database half of tools/schema-engine.mjs: how Prisma's schema engine reaches PostgreSQL.
//
// @prisma/adapter-pg serves queries well but not migrations: it cuts a script at every `;` (also
// inside a function body), spreads it over the connections of a pool, and given a connection string
// it opens the main database as its own shadow database, which the engine then empties. So the
// engine gets a factory of ours, whose adapters have one connection each and run scripts whole.
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** OID of the catalog's one-byte type "char", for which adapter-pg has no mapping; and of text. */
const CATALOG_CHAR_OID = 18;
const TEXT_OID = 25;

/** Splits a connection URL, because pg does not know Prisma's `schema` parameter. */
export function connectionOf(url) {
  const parsed = new URL(url);
  const sslMode = parsed.searchParams.get('sslmode') ?? 'disable';
  return {
    schema: parsed.searchParams.get('schema') ?? undefined,
    params: {
      host: parsed.hostname || '127.0.0.1',
      port: Number(parsed.port || 5432),
      user: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password) || undefined,
      database: decodeURIComponent(parsed.pathname.slice(1)),
      ssl: sslMode === 'disable' ? undefined : { rejectUnauthorized: sslMode.startsWith('verify') },
    },
  };
}

/**
 * Lets an adapter answer queries that select "char" columns, as the engine's own look at
 * `pg_catalog` does: the driver parses them as text, the engine is told that they are characters.
 */
function readCatalogChars(adapter) {
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  const charColumnsOf = new WeakMap();
  adapter.performIO = async (query) => {
    const result = await performIO(query);
    charColumnsOf.set(
      result.rows,
      result.fields.map((field) => field.dataTypeID === CATALOG_CHAR_OID),
    );
    const fields = result.fields.map(({ name, dataTypeID }) => ({
      name,
      dataTypeID: dataTypeID === CATALOG_CHAR_OID ? TEXT_OID : dataTypeID,
    }));
    return { ...result, fields };
  };
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    const isChar = charColumnsOf.get(result.rows) ?? [];
    const columnTypes = result.columnTypes.map((type, column) =>
      isChar[column] ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  };
}

/** Makes the engine's connections: to the database itself and to shadow databases. */
export class MigrationAdapterFactory {
  provider = 'postgres';
  adapterName = '@prisma/adapter-pg';
  /** Shadow databases that exist; dropped by `close` when the engine did not dispose of them. */
  #shadows = new Set();

  /** `datasource` is what the CLI passes: `{ url?, shadowDatabaseUrl? }`. */
  constructor(datasource) {
    this.url = datasource.url;
    this.shadowUrl = datasource.shadowDatabaseUrl;
  }

  async connect() {
    if (!this.url) {
      throw new Error(
        'There is no database to work on: set DATABASE_URL, or start the hub with "npm start" in another terminal.',
      );
    }
    return this.#open(connectionOf(this.url));
  }

  async connectToShadowDb() {
    if (this.shadowUrl) return this.#emptied(this.shadowUrl);
    const { params, schema } = connectionOf(this.url);
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    const admin = new pg.Client(params);
    await admin.connect();
    await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)}`);
    const drop = async () => {
      if (!this.#shadows.delete(drop)) return;
      await admin.query(`DROP DATABASE IF EXISTS ${admin.escapeIdentifier(name)} WITH (FORCE)`);
      await admin.end();
    };
    this.#shadows.add(drop);
    return this.#open({ params: { ...params, database: name }, schema }, drop);
  }

  /** Drops what is left over; for the end of the process. */
  async close() {
    await Promise.allSettled([...this.#shadows].map((drop) => drop()));
  }

  async #emptied(shadowUrl) {
    const shadow = connectionOf(shadowUrl);
    const place = ({ params }) => `${params.host}:${params.port}/${params.database}`;
    if (this.url && place(connectionOf(this.url)) === place(shadow)) {
      throw new Error('The shadow database must be another one: it is emptied at every use.');
    }
    const adapter = await this.#open(shadow);
    await adapter.executeScript('DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public');
    return adapter;
  }

  async #open({ params, schema }, onDispose) {
    // One connection: the engine's advisory lock, its search path and its scripts belong together.
    const pool = new pg.Pool({ ...params, max: 1 });
    const adapter = await new PrismaPg(pool, { schema }).connect();
    readCatalogChars(adapter);
    adapter.executeScript = async (sql) => {
      try {
        await pool.query(sql);
      } catch (error) {
        adapter.onError(error);
      }
    };
    adapter.dispose = async () => {
      await pool.end();
      await onDispose?.();
    };
    return adapter;
  }
}
