import type { NodeResource } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { fitTable, leftOutNote } from '../terminal/fit-table.ts';
import type { Column } from '../terminal/fit-table.ts';
import { alignColumns } from '../terminal/style.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import { printable } from '../terminal/printable.ts';
import type { NodesAnswer } from './read-nodes.ts';

const columns: readonly Column[] = [
  { title: 'NODE' },
  { title: 'STATE' },
  { title: 'REVISION', leaveOut: 1 },
  { title: 'AGE', leaveOut: 4 },
  { title: 'SOURCE', leaveOut: 5 },
  { title: 'REQ/S', leaveOut: 2 },
  { title: 'ACTIVE', leaveOut: 6 },
  { title: 'CPU', leaveOut: 3 },
  { title: 'MEMORY', leaveOut: 7 },
  { title: 'CONVERGED', wraps: true },
];

/** The lines of a table of nodes that fits into the terminal, with a summary below. */
export function nodeTable(
  { revision, converged, nodes }: NodesAnswer,
  { style, width }: { readonly style: Style; readonly width: number },
): string[] {
  const live = nodes.filter((node) => node.live).length;
  const sum = `revision ${revision}, ${live} of ${nodes.length} nodes live`;
  const verdict = converged ? style.green('converged') : style.red('not converged');
  if (nodes.length === 0) return [`no node has reported yet; revision ${revision}`];
  const fitted = fitTable(
    columns,
    nodes.map((node) => nodeCells(node, revision)),
    width,
  );
  const note = leftOutNote(fitted, width).map(style.dim);
  // The verdict is styled, so it is not broken.
  const room = width - 'not converged: '.length;
  const summary = sum.length <= room ? [`${sum}: ${verdict}`] : [...wrapText(`${sum}:`, width), verdict];
  return [...fitted.header.map(style.bold), ...fitted.rows.flat(), '', ...note, ...summary];
}

/** One complete line for each node, for a pipe. */
export function nodeLines({ revision, nodes }: NodesAnswer, time: Date): string[] {
  return alignColumns(nodes.map((node) => [time.toISOString(), ...nodeCells(node, revision)]));
}

function nodeCells(node: NodeResource, current: number): string[] {
  const { load } = node;
  return [
    node.nodeId,
    node.live ? node.state : 'silent',
    String(node.revision),
    age(node.age),
    node.source,
    rounded(load.requestsPerSecond),
    String(load.activeRequests),
    rounded(load.cpu),
    `${Math.round(load.memoryBytes / 1024 / 1024)} MiB`,
    convergence(node, current),
  ].map((cell) => printable(cell));
}

/** Whether a node runs the current revision, or why not; then its problems. */
function convergence(node: NodeResource, current: number): string {
  return [position(node, current), ...node.problems, ...logLevelOf(node)].join('; ');
}

function position({ acknowledged, source, revision }: NodeResource, current: number): string {
  if (acknowledged) return 'yes';
  if (source === 'file') return 'runs its own file';
  return revision < current ? `${current - revision} behind` : 'another history';
}

function logLevelOf({ logLevel }: NodeResource): string[] {
  if (logLevel === undefined) return [];
  return [`logs at ${logLevel.level}${logLevel.until === undefined ? '' : ` until ${logLevel.until}`}`];
}

function age(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds)} s` : `${Math.floor(seconds / 60)} min`;
}

/** Figures below 10 with one decimal place, others whole. */
function rounded(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}
