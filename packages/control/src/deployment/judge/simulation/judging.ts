/**
 * `npm run judging`: simulates thousands of deployments with known truths, and writes the tables of docs/judging.md. With
 * another seed or a part of the deployments, it only prints the tables.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { usualSeed } from './cells.ts';
import type { Extent } from './cells.ts';
import { badTable, equalTable, refusalTable } from './tables.ts';
import type { Cell } from './tables.ts';
import { truths } from './truths.ts';

const usage = `npm run judging -- [options]
  --quick    one in fifty of the deployments: shows that it works, not what it is worth; writes nothing
  --seed N   other deployments than those of docs/judging.md; writes nothing
  --json     what was counted as JSON on stdout instead of tables; writes nothing`;

const page = join(import.meta.dirname, '../../../../../../docs/judging.md');

/** Simulates everything, on all processors. */
async function simulateAll(extent: Extent): Promise<readonly Cell[]> {
  const workers = availableParallelism();
  const cells: Cell[] = [];
  let done = 0;
  const threads = Array.from({ length: workers }, (_, worker) => {
    const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { worker, workers, extent } });
    thread.on('message', ({ index, cell }: { index: number; cell: Cell }) => {
      cells[index] = cell;
      done += 1;
      process.stderr.write(`${done}/${truths.length} ${cell.truth.name}, ${cell.truth.rate}/s\n`);
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
  const { values } = parseArgs({ options: { quick: flag, json: flag, help: flag, seed: { type: 'string' } } });
  if (values.help) return console.log(usage);
  const seed = Number(values.seed ?? usualSeed);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed: expected a whole number\n${usage}`);
  const cells = await simulateAll({ seed, part: values.quick ? 0.02 : 1 });
  if (values.json) return console.log(JSON.stringify(cells));
  const of = (kind: Cell['truth']['kind']): readonly Cell[] => cells.filter(({ truth }) => truth.kind === kind);
  const tables = {
    equal: equalTable(of('equal')),
    between: equalTable(of('between')),
    bad: badTable(of('bad')),
    refusing: refusalTable(of('refusing')),
  };
  console.log(Object.values(tables).join('\n\n'));
  if (!values.quick && seed === usualSeed) write(tables);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
