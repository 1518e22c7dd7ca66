import { configJsonSchema, encodeBackend, encodeRoute, parseConfig } from '@sluice/model';
import type { BackendDocument, RouteDocument } from '@sluice/model';
import { loadLayers } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
import { resolve } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';

/** The routes and shared backends of a file, every default filled in; or what is wrong with it. */
export type RoutesFile =
  | {
      readonly ok: true;
      readonly routes: readonly RouteDocument[];
      readonly backends: readonly BackendDocument[];
      /** What it hardly means, by itself. */
      readonly warnings: readonly ConfigProblem[];
      /** Adds its place in the file to a problem that the control plane found. */
      locate(problem: { readonly path: (string | number)[]; readonly message: string }): ConfigProblem;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads the routes and backends of a configuration file: of the file alone, without the environment. Rejects with a
 * CommandFailure when it leaves them to the API.
 */
export async function readRoutesFile(file: string, { cwd }: Context): Promise<RoutesFile> {
  const path = resolve(cwd, file);
  const asWritten = (problem: ConfigProblem): ConfigProblem =>
    problem.source === path ? { ...problem, source: file } : problem;
  // Of what was exported, the control plane knows the secrets.
  const parse = (value: unknown) => parseConfig(value, { isFromApi: true });
  const schema = { parse, json: configJsonSchema() };
  const result = await loadLayers({ schema, file: path, env: {}, prefix: 'SLUICE', flags: noListeners });
  if (!result.ok) return { ok: false, problems: result.problems.map(asWritten) };
  const { routes, backends, routesOwner } = result.config;
  if (routesOwner === 'api') {
    throw new CommandFailure(`${file} has no "routes": there is nothing to bring in (routes: [] stands for none)`);
  }
  return {
    ok: true,
    routes: routes.map((route) => encodeRoute(route)),
    backends: backends.map((backend) => encodeBackend(backend)),
    warnings: result.warnings.map(asWritten),
    locate: (problem) => asWritten(result.locate({ ...problem, path: [...problem.path] })),
  };
}

/** Only the control plane knows whether a backend leads back to the gateway; the listeners in the file say nothing about it. */
const noListeners = [
  { path: ['proxy', 'port'], value: 0, source: '' },
  { path: ['management', 'port'], value: 0, source: '' },
];
