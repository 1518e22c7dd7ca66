/**
 * Loaded with `node --import` into `sluice start`: names the commits of SQLite that write a deployment, and kills its own
 * process just before or just after one of them. Nothing in the product knows of this.
 *
 *   KILL_NOTES  file to which each such commit adds a line that names it: the events that it keeps, and how many kept the
 *               same before, such as `phaseStarted 2`
 *   KILL_AT     name of the commit; none if absent
 *   KILL_WHEN   before | after
 */
import { appendFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

/** Something that is done around a statement. */
type Watch = <T>(run: () => T, parameters: readonly unknown[]) => T;

const { KILL_NOTES: notes, KILL_AT: at, KILL_WHEN: when } = process.env;

const seen = new Map<string, number>();
let writesDeployment = false;
let kinds: string[] = [];

if (isMainThread && notes !== undefined) {
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (sql, options) {
    const statement = prepare.call(this, sql, options);
    const watch = watchFor(sql, notes);
    if (watch !== undefined) {
      const all = statement.all.bind(statement) as (...parameters: unknown[]) => ReturnType<typeof statement.all>;
      statement.all = (...parameters: unknown[]) => watch(() => all(...parameters), parameters);
    }
    return statement;
  };
}

/** Undefined for statements that are of no interest. */
function watchFor(sql: string, file: string): Watch | undefined {
  if (sql.startsWith('BEGIN')) return begin;
  if (sql === 'COMMIT') return (run) => commit(run, file);
  if (/^(INSERT INTO|UPDATE) "?deployments"? /.test(sql)) return writeDeployment;
  if (/^INSERT INTO "?deployment_events"? /.test(sql)) return writeEvent;
  return undefined;
}

function begin<T>(run: () => T): T {
  [writesDeployment, kinds] = [false, []];
  return run();
}

function writeDeployment<T>(run: () => T): T {
  writesDeployment = true;
  return run();
}

function writeEvent<T>(run: () => T, parameters: readonly unknown[]): T {
  const body = parameters.find((one): one is string => typeof one === 'string' && one.startsWith('{'));
  kinds.push((JSON.parse(body ?? '') as { event: { kind: string } }).event.kind);
  return run();
}

function commit<T>(run: () => T, file: string): T {
  if (!writesDeployment) return run();
  writesDeployment = false;
  const kept = kinds.join('+') || 'figures';
  seen.set(kept, (seen.get(kept) ?? 0) + 1);
  const name = `${kept} ${seen.get(kept)}`;
  appendFileSync(file, `${name}\n`);
  const isIt = name === at;
  if (isIt && when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = run();
  if (isIt && when === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
}
