import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { root } from './pages.ts';

/** Runs shell text as a user would. Resolves with what it printed; rejects when it fails. */
export type PageShell = (text: string) => Promise<string>;

/** A shell in a folder, with `sluice` on the path, which talks to a control plane as `admin`. */
export function pageShell(folder: string, { url, password }: { url: string; password: string }): PageShell {
  symlinkSync(join(root, 'packages/sluice/bin/sluice.js'), join(folder, 'sluice'));
  const path = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const env = { PATH: path, HOME: folder, SLUICE_URL: url, SLUICE_PASSWORD: password };
  return async (text) => {
    const child = spawn('sh', ['-euc', text], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [said, complained] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')]);
    if (child.exitCode !== 0) throw new Error(`${text}\n${said}${complained}`);
    return said;
  };
}
