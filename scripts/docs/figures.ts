import { existsSync, readFileSync } from 'node:fs';
import { figuresOf, verdict } from '../../bench/figures.ts';
import type { Figure } from '../../bench/figures.ts';
import { cases } from '../../bench/options.ts';
import type { Machine } from '../../bench/machine.ts';
import { nothing } from '../../bench/observe/observe-load.ts';
import { observeFigures } from '../../bench/observe/observe-report.ts';
import type { ObserveResult } from '../../bench/observe/observe-result.ts';
import { policyFigures } from '../../bench/policies/policy-report.ts';
import type { PolicyResult } from '../../bench/policies/policy-result.ts';
import type { Result } from '../../bench/result.ts';
import { code, markdownTable } from './markdown.ts';

/** The figures of a result file of the benchmark as Markdown; undefined when there is no such file. */
export function renderFiguresFrom(file: string): string | undefined {
  return existsSync(file) ? renderFigures(JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined;
}

/** The measured CPU time per request of all proxies, and the project's own targets. */
export function renderFigures(result: Result): string {
  const peers = [...new Set(result.throughput.map(({ peer }) => peer))];
  const parts = [
    measuredOn(result),
    markdownTable(['CPU µs per request', ...peers], cpuRows(result, peers)),
    markdownTable(['figure', 'measured', 'must', 'aim', ''], figuresOf(result).map(figureRow)),
  ];
  return parts.join('\n\n');
}

/** The same for the figures of policies. */
export function renderPolicyFiguresFrom(file: string): string | undefined {
  return existsSync(file) ? renderPolicyFigures(JSON.parse(readFileSync(file, 'utf8')) as PolicyResult) : undefined;
}

/** What each policy adds to a request, and the project's own targets. */
export function renderPolicyFigures(result: PolicyResult): string {
  const rows = result.policies.map(({ title, cpuMicrosPerRequest, addedMicros, cpuSpread, ratioToNginx }) => [
    title,
    cpuMicrosPerRequest.toFixed(1),
    addedMicros > 0 ? addedMicros.toFixed(1) : '',
    `${(cpuSpread * 100).toFixed(0)} %`,
    ratioToNginx.toFixed(2),
  ]);
  const figures = policyFigures(result);
  return [
    measuredOn(result),
    markdownTable(['1 KB GET, 64 connections', 'CPU µs per request', 'added µs', 'spread', '× nginx'], rows),
    ...(figures.length === 0 ? [] : [markdownTable(['figure', 'measured', 'must', 'aim', ''], figures.map(figureRow))]),
  ].join('\n\n');
}

/** The same for what observing costs. */
export function renderObserveFiguresFrom(file: string): string | undefined {
  return existsSync(file) ? renderObserveFigures(JSON.parse(readFileSync(file, 'utf8')) as ObserveResult) : undefined;
}

/** What metrics, access log and traces add to a request, and the project's own targets. */
export function renderObserveFigures(result: ObserveResult): string {
  const rows = result.observed.map(({ id, title, cpuMicrosPerRequest, addedMicros, ratioToNothing, ratioSpread }) => [
    title,
    cpuMicrosPerRequest.toFixed(1),
    id === nothing ? '' : addedMicros.toFixed(2),
    ratioToNothing.toFixed(3),
    id === nothing ? '' : `${(ratioSpread * 100).toFixed(0)} %`,
  ]);
  const figures = observeFigures(result);
  return [
    measuredOn(result),
    markdownTable(['1 KB GET, 64 connections', 'CPU µs per request', 'added µs', '× nothing', 'spread'], rows),
    ...(figures.length === 0 ? [] : [markdownTable(['figure', 'measured', 'must', 'aim', ''], figures.map(figureRow))]),
  ].join('\n\n');
}

function measuredOn({ machine, rounds }: { readonly machine: Machine; readonly rounds: number }): string {
  const { date, commit, cores, cpu, node, nginx, haproxy } = machine;
  const proxies = `nginx ${nginx}, haproxy ${haproxy}`;
  return `Measured on ${date.slice(0, 10)} at commit ${code(commit)} on ${cores} cores (${cpu}), Node ${node}, ${proxies}; medians of ${rounds} interleaved rounds.`;
}

function cpuRows({ throughput }: Result, peers: readonly string[]): string[][] {
  const measured = cases.filter(({ id }) => throughput.some(({ caseId }) => caseId === id));
  return measured.map(({ id, title }) => [
    title,
    ...peers.map((peer) => {
      const cell = throughput.find((candidate) => candidate.caseId === id && candidate.peer === peer);
      return cell === undefined ? '' : cell.cpuMicrosPerRequest.toFixed(1);
    }),
  ]);
}

function figureRow(figure: Figure): string[] {
  const { title, unit, measured, must, aim } = figure;
  const amount = measured.toFixed(Number.isInteger(measured) ? 0 : 2);
  return [title, `${amount} ${unit}`.trim(), `≤ ${must}`, `≤ ${aim}`, verdict(figure)];
}
