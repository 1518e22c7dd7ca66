import { alignColumns } from '../terminal/style.ts';
import type { Style } from '../terminal/style.ts';
import { formatCount } from '../watch/format-figures.ts';
import type { LoadCounts } from './demo-load.ts';
import type { Scenario } from './scenarios.ts';

/** How a scenario ended. */
export interface Ending {
  readonly scenario: Scenario;
  /** It ended as it should. */
  readonly isAsExpected: boolean;
  readonly style: Style;
}

/** What the users saw, in a few lines. */
export function loadReport(counts: LoadCounts, { scenario, isAsExpected, style }: Ending): string {
  const { sent, answeredBy, failedBy, refused, failedForTesters, dropped, failingFor } = counts;
  const failed = sum(failedBy);
  const rows = [
    ['requests', formatCount(sent)],
    // Where both versions have the same backend, only what the gateway refuses tells them apart.
    scenario.backend === 'stable'
      ? [`refused by ${scenario.version}`, formatCount(refused)]
      : [`answered by ${scenario.version}`, formatCount(answeredBy[scenario.backend] ?? 0)],
    ['without an answer', formatCount(dropped)],
    ['answers that failed', `${formatCount(failed)}${blamed(failed, failedBy[scenario.backend] ?? 0, scenario)}`],
    ...(failed > 0 ? [['seen by', seenBy(failed, failedForTesters)]] : []),
    ...(failed > 1 ? [['first to last', `${(failingFor / 1000).toFixed(1)} s`]] : []),
  ];
  const verdict = isAsExpected
    ? `${style.green('ok')}  it ended as it should`
    : `${style.red('not ok')}  it should have ended as ${scenario.expected}`;
  const lines = ['What the users saw', '', ...alignColumns(rows, 4), '', verdict];
  return `${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
}

function blamed(failed: number, byCandidate: number, { version }: Scenario): string {
  if (failed === 0) return '';
  return byCandidate === failed ? `, all by ${version}` : `, ${formatCount(byCandidate)} of them by ${version}`;
}

/** Testers have agreed to see failures. */
function seenBy(failed: number, byTesters: number): string {
  if (byTesters === failed) return 'testers alone';
  const users = `${formatCount(failed - byTesters)} by users`;
  return byTesters === 0 ? 'users alone' : `${formatCount(byTesters)} by testers, ${users}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
