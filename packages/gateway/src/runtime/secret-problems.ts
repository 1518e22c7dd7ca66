import { secretsIn } from '@sluice/model';
import type { GatewayConfig, Problem } from '@sluice/model';
import { FileFault, readSmallFile } from '@sluice/service';
import { mostSecretBytes, secretIn } from './file-contents.ts';

/** What is wrong with the secrets that header values of a configuration refer to; each is reported once. */
export async function secretProblems(config: Pick<GatewayConfig, 'routes' | 'backends' | 'node'>): Promise<Problem[]> {
  const named = new Map<string, Problem['path']>();
  collect(config.routes, ['routes'], named);
  collect(config.backends, ['backends'], named);
  const problems: Problem[] = [];
  for (const [name, path] of named) {
    const message = await faultOf(name, config.node.filesFolder);
    if (message !== undefined) problems.push({ path, message });
  }
  return problems;
}

async function faultOf(name: string, folder: string | undefined): Promise<string | undefined> {
  if (folder === undefined) return `names the secret ${name}, but node.filesFolder is not set`;
  try {
    secretIn(await readSmallFile(name, { folder, mostBytes: mostSecretBytes }));
    return undefined;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return `${name} ${error.message}`;
  }
}

function collect(value: unknown, path: Problem['path'], named: Map<string, Problem['path']>): void {
  if (typeof value === 'string') {
    for (const name of secretsIn(value)) if (!named.has(name)) named.set(name, path);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, below] of Object.entries(value)) {
      collect(below, [...path, Array.isArray(value) ? Number(key) : key], named);
    }
  }
}
