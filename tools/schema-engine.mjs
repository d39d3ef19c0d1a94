#!/usr/bin/env node
// Prisma's schema engine without a download.
//
// `prisma migrate …` and `prisma db …` start a native program that Prisma fetches from its servers,
// and talk with it in JSON-RPC, one message a line, over stdin and stdout. The same engine comes as
// WebAssembly from npm. This program speaks that JSON-RPC over it; prisma.config.ts names it in
// PRISMA_SCHEMA_ENGINE_BINARY. Invocations:
//
//   schema-engine.mjs [--datasource JSON] [--datamodels FILE]…                JSON-RPC until stdin ends
//   schema-engine.mjs --datasource JSON cli (can-connect-to|create|drop)-database   one answer by exit code
//   schema-engine.mjs --version
//
// stderr takes the engine's log: one JSON object a line, from which the CLI picks its error texts.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { connectionOf, MigrationAdapterFactory } from './migration-adapter.mjs';

const enginePackage = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
/** JSON-RPC code with which the engine reports an error of its own; the CLI reads `data` then. */
const ENGINE_ERROR = 4466;
/** Exit code that the CLI takes for a crash of the engine. */
const EXIT_PANIC = 101;

let panicMessage = '';
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(message) {
    panicMessage = message;
  },
};

const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

function log(level, message, fields = {}) {
  const entry = { timestamp: new Date().toISOString(), level, fields: { message, ...fields } };
  process.stderr.write(`${JSON.stringify({ ...entry, target: 'schema_engine::logger' })}\n`);
}

/** Every option of the engine takes one value, except `--version`; `cli` takes the one command. */
function readArguments(argv) {
  const read = { version: false, datamodels: [], datasource: {}, command: null };
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at];
    if (word === '--version' || word === '-V') read.version = true;
    else if (word === '--datamodels' || word === '-d') read.datamodels.push(argv[++at]);
    else if (word === '--datasource') read.datasource = JSON.parse(argv[++at]);
    else if (word === 'cli') read.command = argv[++at];
    else if (word.startsWith('--')) at++;
  }
  return read;
}

/** Instantiates the engine's WebAssembly, which its package leaves to bundlers. */
async function loadEngine() {
  const folder = path.dirname(enginePackage);
  const glue = await import(pathToFileURL(path.join(folder, 'schema_engine_bg.js')).href);
  const bytes = fs.readFileSync(path.join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine;
}

/** The `cli` commands, which concern a database that may not exist yet. */
async function runCommand(command, url) {
  const { params } = connectionOf(url);
  const database = command === 'can-connect-to-database' ? params.database : 'postgres';
  const client = new pg.Client({ ...params, database });
  const name = client.escapeIdentifier(params.database);
  log('INFO', 'schema engine over WebAssembly'); // the CLI skips the first line
  try {
    await client.connect();
    if (command === 'create-database') await client.query(`CREATE DATABASE ${name}`);
    if (command === 'drop-database') await client.query(`DROP DATABASE IF EXISTS ${name}`);
    await client.end();
    return 0;
  } catch (error) {
    const prismaCodes = { '3D000': 'P1003', '28P01': 'P1000', '42P04': 'P1009' };
    const message = error.message || `No database server answers at ${params.host}.`;
    log('ERROR', message, { error_code: prismaCodes[error.code] ?? 'P1001', is_panic: false });
    return 1;
  }
}

/** Serves JSON-RPC until stdin ends. Requests are answered one after the other, as they came. */
function serve({ datamodels, datasource }) {
  const factory = new MigrationAdapterFactory(datasource);
  const waitingForPrint = new Map();
  let engine;
  let last = Promise.resolve();

  const startEngine = async () => {
    const SchemaEngine = await loadEngine();
    const sources = datamodels.map((file) => [file, fs.readFileSync(file, 'utf8')]);
    const options = { datamodels: sources.length > 0 ? sources : undefined };
    const onLog = (line) => process.env.DEBUG && process.stderr.write(`${line}\n`);
    return SchemaEngine.new(options, onLog, bindMigrationAwareSqlAdapterFactory(factory));
  };

  const die = async (error) => {
    log('ERROR', panicMessage || error.message, { is_panic: true, backtrace: error.stack });
    await factory.close();
    process.exit(EXIT_PANIC);
  };

  /** Asks the CLI to print a text, and waits until it has. */
  const print = (content) =>
    new Promise((resolve) => {
      const id = `print-${waitingForPrint.size + 1}`;
      waitingForPrint.set(id, resolve);
      send({ id, method: 'print', params: { content } });
    });

  const call = async (method, params) => {
    engine ??= startEngine();
    const started = await engine;
    if (method === 'getDatabaseVersion') return started.version(null);
    if (method === 'evaluateDataLoss' || method === 'createMigration') {
      // These two need the schema that the migrations make, and open no shadow database for it:
      // they take what a diagnosis of the same migrations has left in the engine's cache.
      await started.devDiagnostic({
        migrationsList: params.migrationsList,
        filters: params.filters,
      });
    }
    const result = await started[method](params ?? {});
    if (method !== 'diff' || result.stdout == null) return result ?? {};
    await print(result.stdout);
    return { exitCode: result.exitCode };
  };

  const answer = async ({ id, method, params }) => {
    try {
      send({ id, result: await call(method, params) });
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return die(error);
      const message = error.message ?? String(error);
      const data = { is_panic: false, message, meta: error.meta ?? null, error_code: error.code };
      send({ id, error: { code: ENGINE_ERROR, message: 'The engine reports an error.', data } });
    }
  };

  const finish = () => factory.close().finally(() => process.exit(0));
  process.on('uncaughtException', die);
  process.on('SIGTERM', finish);
  readline
    .createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
    .on('line', (line) => {
      if (!line.trim()) return;
      const message = JSON.parse(line);
      if (message.method) last = last.then(() => answer(message));
      else waitingForPrint.get(message.id)?.();
    })
    .on('close', () => last.then(finish));
}

const options = readArguments(process.argv.slice(2));
if (options.version) console.log(`schema-engine-wasm ${enginePackage}`);
else if (options.command)
  process.exitCode = await runCommand(options.command, options.datasource.url);
else serve(options);
