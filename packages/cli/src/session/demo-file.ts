import { codeOf, makePrivateFolder } from '@sluice/service';
import { readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import { writeWholeFile } from '../files/write-whole-file.ts';

/** What `sluice demo` needs to know of the running demo: its addresses, and a key to it. */
export interface DemoFile {
  readonly version: 1;
  /** The process that runs the demo. */
  readonly pid: number;
  /** Addresses, such as `http://127.0.0.1:5000`. */
  readonly management: string;
  readonly proxy: string;
  readonly stable: string;
  readonly candidate: string;
  readonly bad: string;
  /** An API key for this demo, good for a day. */
  readonly key: string;
}

function pathIn(folder: string): string {
  return join(folder, '.sluice', 'demo.json');
}

/**
 * Writes the file of a demo, which the same user of the system alone can read. Resolves with what removes it; the end of the
 * process removes it, too.
 */
export async function writeDemoFile(folder: string, demo: DemoFile): Promise<() => void> {
  const file = pathIn(folder);
  await makePrivateFolder(join(folder, '.sluice'));
  await writeWholeFile(file, `${JSON.stringify(demo, null, 2)}\n`, { replace: true, mode: 0o600 });
  const remove = (): void => {
    process.off('exit', remove);
    // A demo that was started later in the same folder has its own file.
    if (readKey(file) === demo.key) rmSync(file, { force: true });
  };
  process.once('exit', remove);
  return remove;
}

/** The demo that runs in a folder. Rejects with a CommandFailure that says how to start one. */
export async function readDemoFile(folder: string): Promise<DemoFile> {
  const text = await readFile(pathIn(folder), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) throw new CommandFailure(`no demo runs in this folder: ${howToStart}`);
  const demo = parseDemo(text);
  if (demo === undefined || !isAlive(demo.pid)) {
    throw new CommandFailure(`the demo of this folder has ended: ${howToStart}`);
  }
  return demo;
}

/** The demo that runs in a folder and answers. */
export async function findRunningDemo(folder: string): Promise<DemoFile | undefined> {
  const text = await readFile(pathIn(folder), 'utf8').catch((error: unknown) => {
    // The folder of another user is as good as none.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  });
  const demo = text === undefined ? undefined : parseDemo(text);
  if (demo === undefined || !isAlive(demo.pid)) return undefined;
  // Another process may have the number of one that was killed.
  const answers = await fetch(`${demo.management}/live`, { signal: AbortSignal.timeout(answerMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
  return answers ? demo : undefined;
}

const answerMs = 5_000;

/** Called at the exit of the process, so it is synchronous and never throws. */
function readKey(file: string): string | undefined {
  try {
    return parseDemo(readFileSync(file, 'utf8'))?.key;
  } catch {
    return undefined;
  }
}

const howToStart = 'start one in another terminal, with npm start or sluice start --demo';

function parseDemo(text: string): DemoFile | undefined {
  try {
    const demo = JSON.parse(text) as DemoFile;
    const addresses = [demo.management, demo.proxy, demo.stable, demo.candidate, demo.bad];
    const isWhole = demo.version === 1 && typeof demo.key === 'string' && Number.isSafeInteger(demo.pid);
    return isWhole && addresses.every((address) => URL.canParse(address)) ? demo : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user.
    return codeOf(error) === 'EPERM';
  }
}
