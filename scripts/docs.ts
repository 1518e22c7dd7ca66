/**
 * `node scripts/docs.ts [--check]`: writes the generated parts of README.md and docs/. With `--check` it writes nothing,
 * names the stale parts, and exits with 1 if there are any.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderFiguresFrom, renderObserveFiguresFrom, renderPolicyFiguresFrom } from './docs/figures.ts';
import { generatedParts } from './docs/generated-parts.ts';
import type { GeneratedPart } from './docs/generated-parts.ts';
import { replaceRegion } from './docs/region.ts';

const root = join(import.meta.dirname, '..');
/** What the benchmark keeps, and where its figures stand. */
const results = [
  {
    file: 'README.md',
    region: 'figures',
    from: 'latest.json',
    by: 'npm run bench',
    renderFrom: renderFiguresFrom,
  },
  {
    file: 'docs/performance.md',
    region: 'figures',
    from: 'policies.json',
    by: 'npm run bench -- --policies',
    renderFrom: renderPolicyFiguresFrom,
  },
  {
    file: 'docs/performance.md',
    region: 'observe figures',
    from: 'observe.json',
    by: 'npm run bench -- --observe',
    renderFrom: renderObserveFiguresFrom,
  },
];

/** The figures change with each run of the benchmark, so no check compares them. */
function figuresParts(): GeneratedPart[] {
  return results.flatMap(({ file, region, from, by, renderFrom }) => {
    const table = renderFrom(join(root, 'bench/results', from));
    if (table !== undefined) return { file, region, render: () => table };
    console.log(`${file}: the figures stay as they are: there is no bench/results/${from}; ${by} makes it`);
    return [];
  });
}

/** Writes a part, unless it only checks; tells whether the file was stale. */
function refresh({ file, region, render }: GeneratedPart, checkOnly: boolean): boolean {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const fresh = replaceRegion(text, region, render());
  if (fresh === text) return false;
  if (!checkOnly) writeFileSync(path, fresh);
  console.log(`${file}: ${region} ${checkOnly ? 'is stale; run node scripts/docs.ts' : 'written'}`);
  return true;
}

const checkOnly = process.argv.includes('--check');
const parts = checkOnly ? generatedParts : [...generatedParts, ...figuresParts()];
const stale = parts.filter((part) => refresh(part, checkOnly));
if (stale.length === 0) console.log('the generated parts are up to date');
process.exitCode = checkOnly && stale.length > 0 ? 1 : 0;
