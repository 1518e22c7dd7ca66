// Loaded with `node --import` into `sluice start`: counts the commits of SQLite that write a deployment, and kills its own
// process just before or just after one of them. Nothing in the product knows of this.
//   KILL_AT     number of the commit, from 1; 0 = never
//   KILL_WHEN   before | after
//   KILL_NOTES  file to which each counted commit adds a line: its number and the events that it keeps
import { appendFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

const at = Number(process.env.KILL_AT);
const when = process.env.KILL_WHEN;
const notes = process.env.KILL_NOTES;

let commits = 0;
let writesDeployment = false;
let kinds = [];

if (isMainThread && notes !== undefined) {
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const watch = watchFor(sql);
    if (watch === undefined) return statement;
    const all = statement.all.bind(statement);
    statement.all = (...parameters) => watch(() => all(...parameters), parameters);
    return statement;
  };
}

/** What is done around a statement; undefined for those that are of no interest. */
function watchFor(sql) {
  if (/^BEGIN/.test(sql)) return begin;
  if (sql === 'COMMIT') return commit;
  if (/^(INSERT INTO|UPDATE) "?deployments"? /.test(sql)) return writeDeployment;
  if (/^INSERT INTO "?deployment_events"? /.test(sql)) return writeEvent;
  return undefined;
}

function begin(run) {
  [writesDeployment, kinds] = [false, []];
  return run();
}

function writeDeployment(run) {
  writesDeployment = true;
  return run();
}

function writeEvent(run, parameters) {
  const body = parameters.find((one) => typeof one === 'string' && one.startsWith('{'));
  kinds.push(JSON.parse(body).event.kind);
  return run();
}

function commit(run) {
  if (!writesDeployment) return run();
  writesDeployment = false;
  commits++;
  appendFileSync(notes, `${commits} ${kinds.join(', ') || 'figures'}\n`);
  const isIt = commits === at;
  if (isIt && when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = run();
  if (isIt && when === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
}
