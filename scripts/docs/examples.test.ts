import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { hideSecrets, parseConfig, parseDuration } from '../../packages/model/src/index.ts';
import { codesIn, fencedBlocks, pages, readPage } from './testing/pages.ts';

// The examples of deployments.md are files for sluice deploy; deployments.test.ts deploys them.
const examples = pages
  .filter((page) => page !== 'docs/deployments.md')
  .flatMap((page) => fencedBlocks(readPage(page), 'yaml').map((text) => ({ page, text })));

describe('examples', () => {
  test.each(examples)('are valid configurations: number %# of all, in $page', ({ text }) => {
    const { deployment: _deployment, ...document } = parse(text) as Record<string, unknown>;
    // A file for sluice deploy is a route by itself.
    const config = 'pathPattern' in document ? { routes: [document] } : document;
    expect(parseConfig(config)).toMatchObject({ ok: true });
  });

  test('are found', () => {
    expect(examples.length).toBeGreaterThan(20);
    expect(new Set(examples.map(({ page }) => page))).toEqual(
      new Set([
        'README.md',
        ...[
          'authentication',
          'authorization',
          'configuration',
          'consumers',
          'control-plane',
          'control-plane-operations',
          'first-hour',
          'limits',
          'logging',
          'monitoring',
          'recipes',
          'own-policies',
          'routing',
          'tracing',
        ].map((page) => `docs/${page}.md`),
      ]),
    );
  });
});

test('the durations that the configuration page shows are durations', () => {
  const paragraph = readPage('docs/configuration.md').split('\n## Durations\n')[1]?.split('\n\n')[0] ?? '';
  const shown = codesIn(paragraph);
  expect(shown.length).toBeGreaterThan(3);
  expect(shown.filter((text) => parseDuration(text) === undefined)).toEqual([]);
});

test('the route that refers to secrets is one that the API takes', () => {
  const section = readPage('docs/management-api.md').split('\n## Secrets in documents\n')[1]?.split('\n## ')[0] ?? '';
  const [route] = fencedBlocks(section, 'json').map((text) => JSON.parse(text) as object);
  expect(parseConfig({ routes: [route] })).toMatchObject({ ok: true });
  expect(JSON.stringify(route, hideSecrets)).toBe(JSON.stringify(route));
});
