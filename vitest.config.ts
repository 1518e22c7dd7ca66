import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

/** Suites that need nginx, haproxy or wrk on the machine, or minutes; `.ci/run` installs those and runs the suites. */
const needServers = '**/*.servers.test.ts';

// The threads that tests start as a gateway does find their code compiled, as those of the command do.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));
// glibc: many tests make the shared memory of a node, most of which nobody touches. Without this, memory that was used before
// is cleared for it, which takes longer than most of these tests.
process.env['MALLOC_MMAP_THRESHOLD_'] ??= String(2 ** 20);

// Longer than anything takes that comes to an end, also on a machine that does much else: it is for what never comes.
const patience = 180_000;

export default defineConfig({
  test: {
    // Many tests start real processes and measure time: a few at once keeps them truthful on a small machine. One more than
    // that has cores, since end-to-end tests wait as much as they work.
    pool: 'forks',
    // Node runs the TypeScript as it is, as it does for users; that also takes a quarter less time than to transform it first.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    maxWorkers: 3,
    reporters: ['default', './scripts/count-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    setupFiles: ['./scripts/patient-waits.ts', './scripts/unused-memory.ts'],
    // As patient-waits.ts has it for the other waits.
    expect: { poll: { timeout: patience / 2, interval: 5 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Files share what they import, which costs more than most of them; so none replaces a module.
          isolate: false,
          include: ['{packages,bench,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**', needServers],
          testTimeout: patience,
          hookTimeout: patience,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          isolate: false,
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/node_modules/**', needServers],
          testTimeout: patience,
          hookTimeout: patience,
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          // These compare times and memory under load: no more at once than there are cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          include: [`{packages,bench,scripts,e2e}/${needServers}`],
          exclude: ['**/node_modules/**'],
          testTimeout: patience,
          hookTimeout: patience,
        },
      },
    ],
  },
});
