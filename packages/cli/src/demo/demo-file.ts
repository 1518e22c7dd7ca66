import { readFileSync, rmSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure } from '../command/command.ts';

/** What `sluice demo` needs of the demo that runs: where it is, and a key to it. */
export interface DemoPass {
  readonly version: 1;
  /** The process that runs the demo. */
  readonly pid: number;
  /** Addresses, such as `http://127.0.0.1:5000`. */
  readonly management: string;
  readonly proxy: string;
  readonly stable: string;
  readonly candidate: string;
  readonly bad: string;
  /** An API key that is good for a day, and for this demo alone. */
  readonly key: string;
}

/** Where a demo that was started in a folder leaves its pass. */
function passFile(folder: string): string {
  return join(folder, '.sluice', 'demo.json');
}

/**
 * Leaves a pass for other commands of the same user of the system, in a file that nobody else can read; it is taken away
 * when the process ends, or by what is given back.
 */
export async function leaveDemoPass(folder: string, pass: DemoPass): Promise<() => void> {
  const file = passFile(folder);
  await mkdir(join(folder, '.sluice'), { recursive: true });
  const unfinished = `${file}.${process.pid}.unfinished`;
  await rm(unfinished, { force: true });
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(pass, null, 2)}\n`);
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  const remove = (): void => {
    process.off('exit', remove);
    // A demo that was started later in the same folder has left its own.
    if (readKey(file) === pass.key) rmSync(file, { force: true });
  };
  process.once('exit', remove);
  return remove;
}

/** The pass of the demo that runs in a folder. Rejects with a CommandFailure that says how to start one. */
export async function readDemoPass(folder: string): Promise<DemoPass> {
  const text = await readFile(passFile(folder), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) throw new CommandFailure(`no demo runs in this folder: ${howToStart}`);
  const pass = readPass(text);
  if (pass === undefined || !isAlive(pass.pid)) {
    throw new CommandFailure(`the demo of this folder has ended: ${howToStart}`);
  }
  return pass;
}

/** At the end of a process nothing may wait, and nothing may fail. */
function readKey(file: string): string | undefined {
  try {
    return readPass(readFileSync(file, 'utf8'))?.key;
  } catch {
    return undefined;
  }
}

const howToStart = 'start it in another terminal, with npm start or sluice start --demo';

function readPass(text: string): DemoPass | undefined {
  try {
    const pass = JSON.parse(text) as DemoPass;
    const addresses = [pass.management, pass.proxy, pass.stable, pass.candidate, pass.bad];
    const isWhole = pass.version === 1 && typeof pass.key === 'string' && Number.isSafeInteger(pass.pid);
    return isWhole && addresses.every((address) => URL.canParse(address)) ? pass : undefined;
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
    // Somebody else's process is one all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
