import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** The packages that are published, each after those it depends on. */
export const packageNames = ['model', 'service', 'gateway', 'node', 'deploy', 'control', 'cli', 'sluice'] as const;

export type Dependencies = Readonly<Record<string, string>>;

/** What a `package.json` of `packages/` holds. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly devDependencies?: Dependencies;
  readonly dependencies?: Dependencies;
}

export function readManifest(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest;
}
