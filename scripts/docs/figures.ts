import { existsSync, readFileSync } from 'node:fs';
import { figuresOf, verdict } from '../../bench/figures.ts';
import type { Figure } from '../../bench/figures.ts';
import { cases } from '../../bench/options.ts';
import type { Result } from '../../bench/result.ts';
import { code, markdownTable } from './markdown.ts';

/** The figures of a result file of the benchmark as Markdown; undefined when there is no such file. */
export function renderFiguresFrom(file: string): string | undefined {
  return existsSync(file) ? renderFigures(JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined;
}

/** The measured CPU time per request of all proxies, and the project's own targets. */
export function renderFigures(result: Result): string {
  const { machine, rounds } = result;
  const date = machine.date.slice(0, 10);
  const peers = [...new Set(result.throughput.map(({ peer }) => peer))];
  const parts = [
    `Measured on ${date} at commit ${code(machine.commit)} on ${machine.cores} cores (${machine.cpu}), Node ` +
      `${machine.node}, nginx ${machine.nginx}, haproxy ${machine.haproxy}; medians of ${rounds} interleaved rounds.`,
    markdownTable(['CPU µs per request', ...peers], cpuRows(result, peers)),
    markdownTable(['figure', 'measured', 'must', 'aim', ''], figuresOf(result).map(figureRow)),
  ];
  return parts.join('\n\n');
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
