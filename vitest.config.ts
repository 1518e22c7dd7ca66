import { defineConfig } from 'vitest/config';

/** Suites that need nginx, haproxy or wrk on the machine; `.ci/run` installs those and runs the suites. */
const needServers = '**/*.servers.test.ts';

export default defineConfig({
  test: {
    // Many tests start real processes and measure time: a few at once keeps them truthful on a small machine.
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './scripts/count-reporter.ts'],
    setupFiles: ['./scripts/patient-waits.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,bench,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**', needServers],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/node_modules/**', needServers],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: [`{packages,bench,scripts,e2e}/${needServers}`],
          exclude: ['**/node_modules/**'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
