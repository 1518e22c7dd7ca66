import { messageOf } from '@sluice/service';
import type { Catalogue } from '../catalogue.ts';
import type { AppliedMigration, Layout, PlannedMigration, PlannedStep } from '../migration-plan.ts';
import { planMigrations } from '../migration-plan.ts';
import type { Migration } from '../migrations.ts';
import { encodeBody } from '../prepare-commit.ts';
import type { Body, Collection } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { SqlDialect, SqlSession } from './dialect.ts';
import { quoted } from './dialect.ts';
import { addColumn, createIndex, createTable } from './layout.ts';
import { pagesOf } from './select.ts';
import type { Statement } from './select.ts';

export interface SqlMigration {
  readonly session: SqlSession;
  readonly dialect: SqlDialect;
  readonly catalogue: Catalogue;
  readonly migrations: readonly Migration[];
}

const pageSize = 200;

/** The migrations that are still to be applied. Changes nothing. Rejects with an Error when the store does not fit this program. */
export async function pendingIn(migration: SqlMigration): Promise<readonly PlannedMigration[]> {
  return planMigrations(migration.migrations, migration.catalogue, await readApplied(migration));
}

/**
 * Applies pending migrations and returns them. The caller opens a transaction that keeps others from migrating, and rolls it back
 * when this rejects.
 */
export async function migrate(migration: SqlMigration): Promise<readonly PlannedMigration[]> {
  const { session, dialect } = migration;
  await session.query(
    `CREATE TABLE IF NOT EXISTS ${dialect.table('migrations')} (version bigint NOT NULL PRIMARY KEY, ` +
      'name text NOT NULL, layout text NOT NULL, applied_at text NOT NULL DEFAULT CURRENT_TIMESTAMP)',
  );
  const pending = await pendingIn(migration);
  for (const { version, name, layout, steps } of pending) {
    try {
      for (const step of steps) await takeStep(migration, step);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      throw new Error(`migration ${version} (${name}) failed: ${messageOf(error)}`, { cause: error });
    }
    const values = [1, 2, 3].map((n) => dialect.parameter(n)).join(', ');
    await session.query(`INSERT INTO ${dialect.table('migrations')} (version, name, layout) VALUES (${values})`, [
      version,
      name,
      JSON.stringify(layout),
    ]);
  }
  return pending;
}

async function readApplied({ session, dialect }: SqlMigration): Promise<readonly AppliedMigration[]> {
  const { sql, parameters } = dialect.findTable('migrations');
  if ((await session.query(sql, parameters)).length === 0) return [];
  const rows = await session.query(`SELECT version, name, layout FROM ${dialect.table('migrations')} ORDER BY version`);
  return rows.map((row) => ({
    version: Number(row['version']),
    name: row['name'] as string,
    layout: JSON.parse(row['layout'] as string) as Layout,
  }));
}

async function takeStep(migration: SqlMigration, step: PlannedStep): Promise<void> {
  const { session, dialect } = migration;
  switch (step.kind) {
    case 'createCollection':
      for (const sql of createTable(dialect, step.collection, step.fields)) await session.query(sql);
      return;
    case 'addField':
      await session.query(addColumn(dialect, step.collection, step.field));
      await refill(migration, step.collection, [step.field], (body) => body);
      await session.query(createIndex(dialect, step.collection, step.field));
      return;
    case 'rewrite':
      await refill(migration, step.collection, step.fields, (body) => step.rewrite(body) as Body);
  }
}

/** Writes every body again, with these fields. Versions stay as they are, because nobody changed the documents. */
async function refill(
  { session, dialect }: SqlMigration,
  collection: Collection,
  fields: readonly string[],
  rewrite: (body: Body) => Body,
): Promise<void> {
  const filled = { ...collection, fields: pick(collection.fields, fields) };
  const assignments = ['body', ...fields].map((column, n) => `${quoted(column)} = ${dialect.parameter(n + 2)}`);
  const update = `UPDATE ${dialect.table(collection.name)} SET ${assignments.join(', ')} WHERE id = ${dialect.parameter(1)}`;
  const ask = ({ sql, parameters }: Statement) => session.query(sql, parameters);
  for await (const page of pagesOf(ask, { dialect, collection, size: pageSize })) {
    for (const { id, body } of page) {
      const { text, fields: values } = encodeBody(filled, rewrite(body));
      await session.query(update, [id, text, ...fields.map((field) => dialect.value(values[field] ?? null))]);
    }
  }
}

function pick(fields: Collection['fields'], names: readonly string[]): Collection['fields'] {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}
