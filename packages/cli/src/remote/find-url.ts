import { firstProblem } from '../config/problem-lines.ts';
import { findRunningDemo } from '../session/demo-file.ts';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { findConfigFile, loadConfig, refuseNearVariables } from '../config/load-config.ts';

/** The flag that names the control plane. */
export const urlFlag = {
  name: 'url',
  value: 'URL',
  description: 'Management address of the control plane, such as https://gate:5000',
} as const;

/**
 * The address of the control plane, without a slash at its end: `--url`, else SLUICE_URL, else from the configuration in the
 * folder, else http://127.0.0.1:5000. Rejects with a UsageError or CommandFailure.
 */
export async function findUrl({ options }: Arguments, context: Context): Promise<string> {
  refuseNearVariables(context);
  const given = options['url'];
  if (given !== undefined) return normalUrl(given, '--url');
  const variable = context.env['SLUICE_URL'] ?? '';
  return variable === '' ? configuredUrl(context) : normalUrl(variable, 'SLUICE_URL');
}

/** Throws a UsageError, which does not repeat the address: it may hold a password. */
function normalUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`${source}: expected an address such as http://127.0.0.1:5000`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`${source} must not hold a name or password: sluice login asks for them`);
  }
  if (url.search !== '' || url.hash !== '') throw new UsageError(`${source}: expected an address without ? and #`);
  return url.origin + url.pathname.replace(/\/+$/, '');
}

async function configuredUrl(context: Context): Promise<string> {
  const file = findConfigFile(context);
  const demo = file === undefined ? await findRunningDemo(context.cwd) : undefined;
  if (demo !== undefined) return demo.management;
  const loaded = await loadConfig(file === undefined ? { base: {} } : { file }, context);
  if (!loaded.ok) {
    const what = file === undefined ? 'the environment' : file;
    throw new CommandFailure(
      `${what} is not valid (${firstProblem(loaded.problems)}), so the address of the control plane is not known: use --url URL`,
    );
  }
  const { host, port, tls } = loaded.config.management;
  return `${tls === undefined ? 'http' : 'https'}://${reachable(host)}:${port}`;
}

/** The host of a URL to a listener of this machine; one that listens on all addresses is reached by loopback. */
function reachable(host: string): string {
  const bare = host.replaceAll(/^\[|\]$/g, '');
  if (bare === '0.0.0.0') return '127.0.0.1';
  if (bare === '::') return '[::1]';
  return bare.includes(':') ? `[${bare}]` : bare;
}

/** Whether others can read what is sent to an address: plain http that leaves this machine. */
export function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
