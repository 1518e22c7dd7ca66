import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const program = '/usr/bin/chromium';

/** It talks to nobody by itself: what a test sees of the network is what its page asked for. */
const settings = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page of a test, and what went wrong on it: nothing, if it is right. */
export interface WatchedPage {
  readonly page: Page;
  /** Warnings and errors of the console (each breach of the content security policy is one) and of scripts, failed requests. */
  readonly problems: readonly string[];
  /** Origins that the page asked something of. */
  readonly origins: ReadonlySet<string>;
}

/** Half of the time that a test has: it is for what never comes. */
const timeout = 90_000;

/** Starts Chromium, which `scripts/install-servers.sh` installs, with a profile of its own that goes when it is closed. */
export function openBrowser(): Promise<Browser> {
  if (!existsSync(program)) throw new Error('there is no Chromium: run scripts/install-servers.sh');
  return chromium.launch({ executablePath: program, args: settings, timeout });
}

/** Opens an empty page that shares nothing with others, and watches it. */
export async function openPage(browser: Browser): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(timeout);
  const problems: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    // Pictures within the page are no requests to anybody.
    if (protocol !== 'data:') origins.add(origin);
  });
  return { page, problems, origins };
}
