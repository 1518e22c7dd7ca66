import type { AppliedMigration } from '../migration-plan.ts';
import type { Database } from './records.ts';

/** The newest state that is complete. */
export interface Head {
  /** The number of the last commit that is applied; 0 when the store is new. */
  readonly sequence: number;
  /** Undefined when the store is new. */
  readonly generation: Generation | undefined;
  /** The sequence at which the generation began. */
  readonly since: number;
}

/** The tables of a state. */
export interface Generation {
  readonly id: string;
  readonly tables: Readonly<Record<string, string>>;
  readonly migrations: readonly AppliedMigration[];
}

/** Reads heads. Generations never change, so each one is read once. */
export class HeadReader {
  readonly #database: Database;
  readonly #generations = new Map<string, Generation>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest state that is complete, of all processes. */
  async read(): Promise<Head> {
    const [last] = await this.#database.applied.find().sort({ _id: -1 }).limit(1).toArray();
    if (last === undefined) return { sequence: 0, generation: undefined, since: 0 };
    return { sequence: Number(last._id), generation: await this.#generation(last.generation), since: last.since };
  }

  /** The sequence up to which the past may be missing; 0 when nothing is. */
  async trimmed(): Promise<number> {
    const [last] = await this.#database.trimmed.find().sort({ _id: -1 }).limit(1).toArray();
    return last === undefined ? 0 : Number(last._id);
  }

  async #generation(id: string): Promise<Generation> {
    const known = this.#generations.get(id);
    if (known !== undefined) return known;
    const record = await this.#database.generations.findOne({ _id: id });
    if (record === null)
      throw new Error(`the database lacks the record of generation ${id}: it was damaged from outside`);
    const migrations = record.migrations.map(({ version, name, layout }) => ({
      version,
      name,
      layout: JSON.parse(layout) as AppliedMigration['layout'],
    }));
    const generation = { id, tables: record.tables, migrations };
    this.#generations.set(id, generation);
    return generation;
  }
}

/** The table of a collection in a state. Throws an Error when there is none. */
export function tableOf({ generation }: Head, collection: string): string {
  const name = generation?.tables[collection];
  if (name === undefined) throw new Error(`the store has no table for ${collection}`);
  return name;
}
