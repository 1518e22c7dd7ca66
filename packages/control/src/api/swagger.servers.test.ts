import { operationList } from '@sluice/model/api';
import { createManagementServer } from '@sluice/service';
import type { ManagementServer } from '@sluice/service';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBrowser, openPage } from './testing/open-browser.ts';
import type { WatchedPage } from './testing/open-browser.ts';
import { startApi, testPassword, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let server: ManagementServer;
let url: string;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  started = await startApi();
  await started.token('Admin');
  await started.configuration.createRoute(testRoute, { author: { kind: 'system', name: 'test' } });
  const status = {
    ready: () => ({ ready: true }),
    health: () => ({ status: 'healthy' as const }),
    writeMetrics: () => {},
    version: '1',
  };
  server = createManagementServer({ host: '127.0.0.1', port: 0, status, handler: started.api.handler });
  url = `http://127.0.0.1:${await server.listen()}`;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await started.close();
});

beforeEach(async () => {
  watched = await openPage(browser);
  await watched.page.goto(`${url}/swagger`);
  await watched.page
    .locator('.opblock')
    .nth(operationList.length - 1)
    .waitFor();
});
afterEach(() => watched.page.close());

test('a browser shows every operation under its tag, and asks nobody but this server', async () => {
  const { page, problems, origins } = watched;
  expect(await page.title()).toBe('Sluice management API');
  const shown = await page.evaluate<
    string[]
  >(`[...document.querySelectorAll('.opblock-tag-section')].flatMap((section) =>
    [...section.querySelectorAll('.opblock')].map(({ id }) => section.querySelector('h3').dataset.tag + ': ' + id))`);
  const expected = operationList.map(({ tag, id }) => `${tag}: operations-${tag}-${id}`);
  expect(shown).toHaveLength(expected.length);
  expect(new Set(shown)).toEqual(new Set(expected));
  expect(await page.locator('.opblock:visible').count()).toBe(expected.length);
  expect(await page.locator('.errors-wrapper').count()).toBe(0);
  expect([...origins]).toEqual([url]);
  expect(problems).toEqual([]);
});

test('the page is styled, and its policy lets no script run but its own files', async () => {
  const { page, problems } = watched;
  const colourOf = (method: string): Promise<unknown> =>
    page.evaluate(
      `getComputedStyle(document.querySelector('.opblock-${method} .opblock-summary-method')).backgroundColor`,
    );
  expect(await colourOf('get')).not.toBe(await colourOf('put'));
  expect(problems).toEqual([]);
  const script = `Object.assign(document.createElement('script'), { textContent: 'document.title = "run"' })`;
  await page.evaluate(`document.head.append(${script})`);
  // The browser tells of a breach when it gets to it.
  await expect.poll(() => problems).toEqual([expect.stringContaining("script-src 'self'")]);
  expect(await page.title()).toBe('Sluice management API');
});

test('the token of a login authorizes, and a request that is tried out is answered', async () => {
  const { page, problems, origins } = watched;
  const login = await fetch(`${url}/api/v1/authentication/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: testPassword }),
  });
  const { token } = (await login.json()) as { token: string };

  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const scheme = page.locator('.auth-container form').filter({ hasText: 'The token of a login' });
  await scheme.getByRole('textbox').fill(token);
  await scheme.getByRole('button', { name: 'Apply credentials' }).click();
  await scheme.getByRole('button', { name: 'Remove authorization' }).waitFor();
  await page.locator('.close-modal').click();

  const operation = page.locator('#operations-routes-listRoutes');
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response');
  expect(await answer.locator('.response-col_status').innerText()).toMatch(/^200\b/);
  expect(await answer.locator('.response-col_description').innerText()).toContain('"routeId": "a"');

  // A token that the browser kept would be there for whoever sits down next.
  expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, '']);
  expect([...origins]).toEqual([url]);
  expect(problems).toEqual([]);
});
