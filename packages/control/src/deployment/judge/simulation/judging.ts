/**
 * `npm run judging`: simulates thousands of deployments with known truths, and writes the tables of docs/judging.md. With
 * another seed or a part of each row's deployments, it only prints the tables.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { truthsOf, usualSeed } from './cells.ts';
import type { Extent } from './cells.ts';
import { badTable, equalTable, refusalRatesTable, refusalTable } from './tables.ts';
import type { Cell } from './tables.ts';
import { truthKinds } from './truth.ts';
import type { TruthKind } from './truth.ts';

const usage = `npm run judging -- [options]
  --quick    one in fifty of the deployments: shows that it works, not what it is worth; writes nothing
  --only K   one table alone: ${truthKinds.join(', ')}
  --seed N   other deployments than those of docs/judging.md; writes nothing
  --json     what was counted as JSON on stdout instead of tables; writes nothing`;

const page = join(import.meta.dirname, '../../../../../../docs/judging.md');

/** How the table of each kind is made. */
const tableOf: Readonly<Record<TruthKind, (cells: readonly Cell[]) => string>> = {
  equal: equalTable,
  between: equalTable,
  bad: badTable,
  refusing: refusalTable,
  refusals: refusalRatesTable,
};

/** Simulates everything, on all processors. */
async function simulateAll(extent: Extent): Promise<readonly Cell[]> {
  const workers = availableParallelism();
  const cells: Cell[] = [];
  const count = truthsOf(extent.only).length;
  let done = 0;
  const threads = Array.from({ length: workers }, (_, worker) => {
    const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { worker, workers, extent } });
    thread.on('message', ({ index, cell }: { index: number; cell: Cell }) => {
      cells[index] = cell;
      done += 1;
      process.stderr.write(`${done}/${count} ${cell.truth.name}, ${cell.truth.rate}/s\n`);
    });
    return new Promise<void>((resolve, reject) => {
      thread.once('error', reject);
      thread.once('exit', () => resolve());
    });
  });
  await Promise.all(threads);
  return cells;
}

function write(tables: Readonly<Record<string, string>>): void {
  let text = readFileSync(page, 'utf8');
  for (const [name, table] of Object.entries(tables)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [start, end] = [text.indexOf(open), text.indexOf(close)];
    if (start === -1 || end < start) throw new Error(`docs/judging.md: expected ${open} and ${close}`);
    text = `${text.slice(0, start + open.length)}\n${table}\n${text.slice(end)}`;
  }
  writeFileSync(page, text);
}

async function main(): Promise<void> {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { quick: flag, json: flag, help: flag, seed: text, only: text } });
  if (values.help) return console.log(usage);
  const seed = Number(values.seed ?? usualSeed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed: expected a whole number\n${usage}`);
  const only = truthKinds.find((kind) => kind === values.only);
  if (only === undefined && values.only !== undefined) throw new Error(`--only: no such table\n${usage}`);
  const cells = await simulateAll({ seed, part: values.quick ? 0.02 : 1, only });
  if (values.json) return console.log(JSON.stringify(cells));
  const tables = Object.fromEntries(
    (only === undefined ? truthKinds : [only]).map((kind) => [
      kind,
      tableOf[kind](cells.filter(({ truth }) => truth.kind === kind)),
    ]),
  );
  console.log(Object.values(tables).join('\n\n'));
  if (!values.quick && seed === usualSeed) write(tables);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
