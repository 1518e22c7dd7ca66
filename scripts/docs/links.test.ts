import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { metricGroups } from '../../packages/model/src/metrics/index.ts';
import { anchorOf } from './markdown.ts';
import { pages, readPage, root, rowsOf, withoutCode } from './testing/pages.ts';

/** The links of a page to files and headings, as written. */
function linksIn(page: string): string[] {
  const links = [...withoutCode(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function headingsOf(page: string): string[] {
  const headings = [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) => anchorOf(heading.replaceAll('`', '')));
}

function isBroken(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : relative(root, join(root, dirname(page), file));
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && !headingsOf(target).includes(anchor);
}

describe('links', () => {
  test.each(pages)('%s leads nowhere that is not there', (page) => {
    expect(linksIn(page).filter((link) => isBroken(page, link))).toEqual([]);
  });

  test('broken ones are found', () => {
    expect(isBroken('README.md', 'docs/no-such-page.md')).toBe(true);
    expect(isBroken('README.md', 'docs/routing.md#no-such-heading')).toBe(true);
    expect(isBroken('docs/errors.md', 'routing.md#path-normalisation')).toBe(false);
    expect(linksIn('README.md').length).toBeGreaterThan(10);
  });

  test('every page can be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of linksIn(page)) {
        const target = join(dirname(page), link.split('#')[0] ?? '');
        if (pages.includes(target)) reached.add(target);
      }
    }
    expect([...reached].toSorted()).toEqual(pages);
  });
});

test('every page of docs/ that the code names is there', () => {
  const named = ['packages/gateway/src/forward/serve.ts', 'packages/gateway/src/wire/wire.ts'].flatMap((file) =>
    [...readPage(file).matchAll(/docs\/[\w/-]+\.md/g)].map(([page]) => page),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((page) => !pages.includes(page))).toEqual([]);
});

test('every case that the security page names is in the file it names', () => {
  const tables = [...readPage('docs/security.md').matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => rowsOf(table));
  expect(tables.map((rows) => rows.length > 15)).toEqual([true, true]);
  const rows = tables.flat();
  const missing = rows.flatMap(([attack = '', , shown = '']) => {
    const proofs = shown.split('; [').flatMap((part) => {
      const file = /\]\(([^)]+)\)/.exec(part)?.[1] ?? '';
      const text = readFileSync(join(root, 'docs', file), 'utf8');
      return [...part.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ title, found: text.includes(title) }));
    });
    return proofs.length === 0 ? [attack] : proofs.filter(({ found }) => !found).map(({ title }) => title);
  });
  expect(missing).toEqual([]);
});

test('every test that a page quotes is in the file it names', () => {
  const quoted = pages.flatMap((page) =>
    [...readPage(page).matchAll(/\[[\w.-]+\.test\.ts\]\(([^)]+)\): “([^”]+)”/g)].map(([, file = '', title = '']) => ({
      file: join(dirname(page), file),
      title,
    })),
  );
  expect(quoted.length).toBeGreaterThan(20);
  expect(quoted.filter(({ file, title }) => !readPage(file).includes(title))).toEqual([]);
});

test('every metric that a page names exists', () => {
  const known = new Set(metricGroups.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  const named = pages.flatMap((page) => readPage(page).match(/api_gateway_\w+/g) ?? []);
  const unknown = named.filter((name) => !known.has(name.replace(/_(?:bucket|sum|count)$/, '')));
  expect(unknown).toEqual([]);
});
