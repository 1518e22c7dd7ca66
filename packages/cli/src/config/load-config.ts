import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configJsonSchema, nearest, parseConfig, usualVariables } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { loadLayers, nearVariables } from '@sluice/service';
import type { ConfigProblem, LayersResult, Override, OwnNames } from '@sluice/service';
import { UsageError } from '../command/command.ts';
import type { Context } from '../command/command.ts';

const usualNames = ['sluice.yaml', 'sluice.yml', 'sluice.json', 'sluice.toml'];

/** The configuration file in the current folder, or undefined. */
export function findConfigFile(context: Context): string | undefined {
  return usualNames.find((name) => existsSync(join(context.cwd, name)));
}

/** What a command says that looked for a configuration file and found none, and what to do about it. */
export const noConfigFile = {
  message: `there is no ${usualNames.slice(0, -1).join(', ')} or ${usualNames.at(-1)} in this folder: only the environment and the defaults count`,
  advice: 'sluice init writes a file to start from',
} as const;

const secrets = ['SLUICE_PASSWORD', 'SLUICE_TOKEN', 'SLUICE_API_KEY'];
const ownNames: OwnNames = {
  names: [
    'SLUICE_URL',
    ...[...secrets, ...usualVariables.map(({ variable }) => variable)].flatMap((name) =>
      name.startsWith('SLUICE_') ? [name, `${name}_FILE`] : [],
    ),
  ],
  guesses: {
    SLUICE_PORT: 'SLUICE__PROXY__PORT',
    SLUICE_HOST: 'SLUICE__PROXY__HOST',
    SLUICE_WORKERS: 'SLUICE__PROXY__WORKERS',
  },
  nearest,
};

const configSchema = {
  parse: parseConfig,
  // perf: made only for variables of Sluice: it takes 4 MB.
  get json() {
    return configJsonSchema();
  },
};

/** Throws a UsageError for a variable that looks like one of Sluice but would have no effect. */
export function refuseNearVariables({ env }: Pick<Context, 'env'>): void {
  const [problem] = nearVariables(env, { prefix: 'SLUICE', schema: configSchema, own: ownNames });
  if (problem !== undefined) throw new UsageError(`${problem.source} ${problem.message}`);
}

/** Where a configuration comes from, besides the environment. */
export interface ConfigOrigin {
  /** As the user wrote it; relative to the current folder. */
  readonly file?: string | undefined;
  /** Counts when there is no file. */
  readonly base?: unknown;
  readonly flags?: readonly Override[];
}

/** Loads a configuration with all its layers; problems name the file as the user wrote it. */
export async function loadConfig(origin: ConfigOrigin, context: Context): Promise<LayersResult<GatewayConfig>> {
  const file = origin.file === undefined ? undefined : resolve(context.cwd, origin.file);
  const { base, flags = [] } = origin;
  const variables = { env: context.env, prefix: 'SLUICE', aliases: usualVariables, own: ownNames };
  const result = await loadLayers({ schema: configSchema, file, base, flags, ...variables });
  const asWritten = (problem: ConfigProblem): ConfigProblem =>
    problem.source !== undefined && problem.source === file && origin.file !== undefined
      ? { ...problem, source: origin.file }
      : problem;
  if (!result.ok) return { ...result, problems: result.problems.map(asWritten) };
  return {
    ...result,
    warnings: result.warnings.map(asWritten),
    locate: (problem) => asWritten(result.locate(problem)),
    originOf(path) {
      const found = result.originOf(path);
      return found === file ? origin.file : found;
    },
  };
}
