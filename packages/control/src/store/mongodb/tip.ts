import type { AppliedMigration } from '../migration-plan.ts';
import type { Database } from './records.ts';

/** The tip of the commit log: the newest commit that is applied, and so the newest complete state. */
export interface Tip {
  /** The number of the commit; 0 when the store is new. */
  readonly sequence: number;
  /** Undefined when the store is new. */
  readonly tableSet: TableSet | undefined;
  /** The sequence at which the table set came into effect. */
  readonly since: number;
}

/** The tables of a state. A load or a migration makes a new set. In stored records it is called `generation`. */
export interface TableSet {
  readonly id: string;
  readonly tables: Readonly<Record<string, string>>;
  readonly migrations: readonly AppliedMigration[];
}

/** Reads the tip. Table sets never change, so each one is read once. */
export class TipReader {
  readonly #database: Database;
  readonly #tableSets = new Map<string, TableSet>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The tip as all processes have it. */
  async read(): Promise<Tip> {
    const [last] = await this.#database.applied.find().sort({ _id: -1 }).limit(1).toArray();
    if (last === undefined) return { sequence: 0, tableSet: undefined, since: 0 };
    return { sequence: Number(last._id), tableSet: await this.#tableSet(last.generation), since: last.since };
  }

  /** Up to this sequence, old versions may be missing; 0 when none are. */
  async trimmed(): Promise<number> {
    const [last] = await this.#database.trimmed.find().sort({ _id: -1 }).limit(1).toArray();
    return last === undefined ? 0 : Number(last._id);
  }

  async #tableSet(id: string): Promise<TableSet> {
    const known = this.#tableSets.get(id);
    if (known !== undefined) return known;
    const record = await this.#database.generations.findOne({ _id: id });
    if (record === null)
      throw new Error(`the database lacks the record of the table set ${id}: something outside Sluice damaged it`);
    const migrations = record.migrations.map(({ version, name, layout }) => ({
      version,
      name,
      layout: JSON.parse(layout) as AppliedMigration['layout'],
    }));
    const tableSet = { id, tables: record.tables, migrations };
    this.#tableSets.set(id, tableSet);
    return tableSet;
  }
}

/** The table of a collection. Throws an Error when there is none. */
export function tableOf({ tableSet }: Tip, collection: string): string {
  const name = tableSet?.tables[collection];
  if (name === undefined) throw new Error(`the store has no table for ${collection}`);
  return name;
}
