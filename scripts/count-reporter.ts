import type { Reporter, TestCase, TestModule } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Vitest reporter whose only output is one line at the very end, alone on its line: `12 passed, 0 failed`, followed
 * by `, 2 skipped` only when some were. A file that cannot be loaded and an error outside any test each count as one
 * failure, so a zero there always means a green run.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const line = renderCounts(countResults(modules, unhandled.length));
    // The other reporters print their summaries in this same hook and later; only the exit is after all of them.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}

/** Adds up the results of a run; `unhandled` is the number of errors that belong to no test. */
function countResults(modules: readonly TestModule[], unhandled: number): Counts {
  const counts: Counts = { passed: 0, failed: unhandled, skipped: 0 };
  for (const module of modules) {
    const before = counts.failed;
    for (const test of module.children.allTests()) countTest(test, counts);
    // A hook or an import that throws fails its file without failing a test.
    if (module.state() === 'failed' && counts.failed === before) counts.failed += 1;
  }
  return counts;
}

function countTest(test: TestCase, counts: Counts): void {
  const { state } = test.result();
  if (state === 'passed') counts.passed += 1;
  else if (state === 'skipped') counts.skipped += 1;
  else counts.failed += 1; // 'failed', and 'pending': a test that never finished
}

function renderCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
