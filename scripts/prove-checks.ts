/**
 * Proves that each check finds what it is meant to find. Several of these tools report success when they silently see
 * nothing (a parser that does not know this TypeScript, a missing type-aware helper), so a small tree with one planted
 * violation per rule is built outside the repository and each tool must name every one of them, and nothing else.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

interface Planted {
  readonly file: string;
  readonly source: string;
  /** Names of the rules that must fire in this file; none for the files that are as they should be. */
  readonly rules: readonly string[];
}

const root = resolve(import.meta.dirname, '..');

const importCases: readonly Planted[] = [
  { file: 'packages/model/src/index.ts', source: `export { deep } from './deep.ts';`, rules: [] },
  { file: 'packages/model/src/deep.ts', source: 'export const deep = 1;', rules: [] },
  { file: 'packages/model/src/deep.test.ts', source: `import 'node:fs'; export { deep } from './deep.ts';`, rules: [] },
  { file: 'packages/service/src/index.ts', source: 'export const log = 1;', rules: ['no-orphan'] },
  { file: 'packages/gateway/src/index.ts', source: `export { deep } from '@sluice/model';`, rules: [] },
  { file: 'packages/cli/src/index.ts', source: `export { deep } from '@sluice/gateway';`, rules: [] },
  {
    file: 'packages/model/src/upward.ts',
    source: `export { deep } from '@sluice/gateway';`,
    rules: ['model-imports'],
  },
  {
    file: 'packages/service/src/sideways.ts',
    source: `import type { deep } from '@sluice/model'; export type D = typeof deep;`,
    rules: ['service-imports'],
  },
  {
    file: 'packages/gateway/src/upward.ts',
    source: `export { deep } from '@sluice/cli';`,
    rules: ['gateway-imports'],
  },
  {
    file: 'packages/gateway/src/lazy.ts',
    source: `export const load = () => import('@sluice/cli');`,
    rules: ['gateway-imports'],
  },
  {
    file: 'packages/cli/src/side-door.ts',
    source: `export { deep } from '../../model/src/deep.ts';`,
    rules: ['front-door-only'],
  },
  {
    file: 'packages/control/src/client/bundled.ts',
    source: `export { tool } from 'undeclared';`,
    rules: ['client-needs-no-bundle', 'no-dev-dependency-in-product'],
  },
  {
    file: 'packages/model/src/reads-files.ts',
    source: `export { readFileSync } from 'node:fs';`,
    rules: ['model-without-io'],
  },
  {
    file: 'packages/gateway/src/wire/upwards.ts',
    source: `import type { F } from '../forward/above.ts'; export type U = F;`,
    rules: ['gateway-floors'],
  },
  { file: 'packages/gateway/src/forward/above.ts', source: 'export type F = 1;', rules: [] },
  {
    file: 'packages/gateway/src/state/one.ts',
    source: `import type { T } from './other.ts'; export type O = T | 1;`,
    rules: ['no-circle'],
  },
  {
    file: 'packages/gateway/src/state/other.ts',
    source: `import type { O } from './one.ts'; export type T = O | 2;`,
    rules: [],
  },
  {
    file: 'packages/gateway/src/runtime/extension.ts',
    source: `export { annex } from '../annex/annex.ts';`,
    rules: ['gateway-unknown-floor', 'gateway-floors'],
  },
  { file: 'packages/gateway/src/annex/annex.ts', source: 'export const annex = 1;', rules: [] },
  { file: 'packages/gateway/src/nowhere.ts', source: `export { gone } from './gone.ts';`, rules: ['no-unresolvable'] },
  {
    file: 'packages/gateway/src/needs-test.ts',
    source: `export { deep } from './x.test.ts';`,
    rules: ['no-import-of-tests'],
  },
  { file: 'packages/gateway/src/x.test.ts', source: `export { deep } from '@sluice/model';`, rules: [] },
  {
    file: 'packages/cli/src/needs-bench.ts',
    source: `export { run } from '../../../bench/run.ts';`,
    rules: ['packages-stand-alone'],
  },
  { file: 'bench/run.ts', source: 'export const run = 1;', rules: [] },
  { file: 'node_modules/undeclared/index.js', source: 'export const tool = 1;', rules: [] },
  {
    file: 'packages/gateway/src/uses-undeclared.ts',
    source: `export { tool } from 'undeclared';`,
    rules: ['no-dev-dependency-in-product'],
  },
  { file: 'packages/stray/src/index.ts', source: `export { deep } from '@sluice/model';`, rules: ['unknown-package'] },
];

const promise = `const later = async (): Promise<number> => 1;\n`;

const lintCases: readonly Planted[] = [
  { file: 'scripts/floating.ts', source: `${promise}later();`, rules: ['no-floating-promises'] },
  { file: 'scripts/misused.ts', source: `${promise}if (later()) console.log(1);`, rules: ['no-misused-promises'] },
  {
    file: 'scripts/any.ts',
    source: `const x: number = JSON.parse('1');\nconsole.log(x);`,
    rules: ['no-unsafe-assignment'],
  },
  {
    file: 'scripts/circle-a.ts',
    source: `import { b } from './circle-b.ts';\nexport const a = (): number => b() + 1;`,
    rules: ['no-cycle'],
  },
  {
    file: 'scripts/circle-b.ts',
    source: `import { a } from './circle-a.ts';\nexport const b = (): number => a() + 1;`,
    rules: ['no-cycle'],
  },
  {
    file: 'scripts/shape.ts',
    source: `import { round } from './shape-round.ts';\nexport interface Shape { name: string }\nconsole.log(round);`,
    rules: [],
  },
  {
    file: 'scripts/shape-round.ts',
    source: `import type { Shape } from './shape.ts';\nexport const round: Shape = { name: 'round' };`,
    rules: [],
  },
  {
    file: 'scripts/dialect.ts',
    source: `export const MOST_USERS = 1;\nexport class Users {\n  private readonly most = MOST_USERS;\n  count = () => this.most;\n}`,
    rules: ['camel-case-constants', 'hash-private'],
  },
  { file: 'scripts/kept.ts', source: `${promise}console.log(await later());`, rules: [] },
];

const typeCases: readonly Planted[] = [
  { file: 'scripts/enum.ts', source: 'export enum Colour { Red }', rules: ['TS1294'] },
  { file: 'scripts/wrong.ts', source: `export const n: number = 'one';`, rules: ['TS2322'] },
  { file: 'scripts/right.ts', source: 'export const n: number = 1;', rules: [] },
];

/** Runs a tool in a tree of planted files and says which rules fired where, as `file rule` lines. */
function findings(planted: readonly Planted[], run: (tree: string) => string[]): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'sluice-planted-'));
  try {
    for (const { file, source } of planted) write(join(tree, file), `${source}\n`);
    for (const name of ['model', 'service', 'gateway', 'cli']) linkPackage(tree, name);
    write(join(tree, 'package.json'), JSON.stringify({ name: 'planted', type: 'module' }));
    cpSync(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'));
    symlinkSync(join(root, 'node_modules/@types'), join(tree, 'node_modules/@types'));
    return [...new Set(run(tree))].toSorted();
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function linkPackage(tree: string, name: string): void {
  const manifest = { name: `@sluice/${name}`, version: '0.0.0', type: 'module', exports: { '.': './src/index.ts' } };
  write(join(tree, `packages/${name}/package.json`), JSON.stringify(manifest));
  mkdirSync(join(tree, 'node_modules/@sluice'), { recursive: true });
  symlinkSync(join(tree, 'packages', name), join(tree, 'node_modules/@sluice', name));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function output(tree: string, command: string, args: readonly string[]): string {
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  const { stdout, stderr, error } = spawnSync(command, args, {
    cwd: tree,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  if (error) throw new Error(`${command} could not be started`, { cause: error });
  if (stdout === '') throw new Error(`${command} printed nothing: ${stderr}`);
  return stdout;
}

function importFindings(tree: string): string[] {
  const config = join(root, '.dependency-cruiser.mjs');
  const json = output(tree, 'depcruise', ['--config', config, '--output-type', 'json', 'packages', 'bench']);
  const { summary } = JSON.parse(json) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  return summary.violations.map(({ from, rule }) => `${from} ${rule.name}`);
}

function lintFindings(tree: string): string[] {
  const args = ['--config', join(root, '.oxlintrc.json'), '--type-aware', '--format', 'json', 'scripts'];
  const { diagnostics } = JSON.parse(output(tree, 'oxlint', args)) as {
    diagnostics: { code: string; filename: string }[];
  };
  return diagnostics.map(({ code, filename }) => `${filename} ${code.replace(/^.*\((.*)\)$/, '$1')}`);
}

function typeFindings(tree: string): string[] {
  const lines = output(tree, 'tsc', ['-p', 'tsconfig.json', '--pretty', 'false']).split('\n');
  return lines.flatMap((line) => {
    const [, file, code] = /^([^(]+)\(.*\): error (TS\d+)/.exec(line) ?? [];
    return file && code ? [`${file} ${code}`] : [];
  });
}

function prove(tool: string, planted: readonly Planted[], run: (tree: string) => string[]): boolean {
  const expected = planted.flatMap(({ file, rules }) => rules.map((rule) => `${file} ${rule}`)).toSorted();
  const found = findings(planted, run);
  const missed = expected.filter((line) => !found.includes(line));
  const surplus = found.filter((line) => !expected.includes(line));
  for (const line of missed) console.error(`${tool} missed the planted ${line}`);
  for (const line of surplus) console.error(`${tool} reported what was not planted: ${line}`);
  if (missed.length + surplus.length === 0) console.log(`${tool}: all ${expected.length} planted violations caught`);
  return missed.length + surplus.length === 0;
}

const proofs = [
  prove('dependency-cruiser', importCases, importFindings),
  prove('oxlint', lintCases, lintFindings),
  prove('tsc', typeCases, typeFindings),
];
process.exitCode = proofs.every(Boolean) ? 0 : 1;
