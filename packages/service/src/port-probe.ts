import { codeOf } from './caught-error.ts';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { explainListenError } from './listen-refused.ts';
import type { ListenPlace } from './listen-refused.ts';

/** What is known of a port that is taken. */
export interface TakenPort extends ListenPlace {
  readonly holder?: string | undefined;
  readonly cause?: unknown;
}

/** A port that is to be listened on is in use. */
export class PortTakenError extends Error {
  readonly host: string;
  readonly port: number;
  /** The configuration key that names the port. */
  readonly key: string;
  /** Who holds it, such as `nginx (process 812)`, if that can be known. */
  readonly holder: string | undefined;

  constructor({ host, port, key, holder, cause }: TakenPort) {
    super(`port ${port} on ${host} is taken${holder === undefined ? '' : ` by ${holder}`}`, { cause });
    this.name = 'PortTakenError';
    this.host = host;
    this.port = port;
    this.key = key;
    this.holder = holder;
  }
}

/**
 * Makes sure that nobody listens on a port, and finds a free one for port 0. Workers share their port by SO_REUSEPORT,
 * and so would a second gateway, silently, with half of the connections: this exclusive bind is what prevents it. Rejects with
 * a PortTakenError or a ListenRefusedError.
 */
export async function probePort(host: string, port: number, key: string): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => resolve((server.address() as AddressInfo).port));
    });
  } catch (error) {
    throw await listenError(error, { host, port, key });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Why an address cannot be listened on: a PortTakenError, a ListenRefusedError, or the error as it is. */
export async function listenError(error: unknown, place: ListenPlace): Promise<Error> {
  if (codeOf(error) !== 'EADDRINUSE') return explainListenError(error, place);
  return new PortTakenError({ ...place, holder: await holderOf(place.port), cause: error });
}

/** Who listens on a port, from /proc; undefined where that cannot be read. */
export async function holderOf(port: number): Promise<string | undefined> {
  const inodes = new Set([
    ...(await listeningInodes('/proc/net/tcp', port)),
    ...(await listeningInodes('/proc/net/tcp6', port)),
  ]);
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await holdsOne(pid, inodes)) {
      return `${await nameOf(pid)} (process ${pid})`;
    }
  }
  return undefined;
}

/** What a process was started as: `node sluice.js` says more than the name of its main thread. */
async function nameOf(pid: string): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
    .split('\0')
    .filter((word) => word !== '');
  const [program, script] = words.filter((word) => !word.startsWith('-')).map((word) => basename(word));
  if (program === undefined) return 'somebody';
  return /^(node|python\d*|ruby|java|perl|bun|deno)/.test(program) && script !== undefined
    ? `${program} ${script}`
    : program;
}

async function listeningInodes(table: string, port: number): Promise<string[]> {
  const text = await readFile(table, 'utf8').catch(() => '');
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === '0A')
    .map((columns) => columns[9]);
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // Processes of other users, and those that have just ended, cannot be read, so they are not named.
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}
