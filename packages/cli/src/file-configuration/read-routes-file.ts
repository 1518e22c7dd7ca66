import { configJsonSchema, deploymentSettings, encodeBackend, encodeRoute, parseConfig } from '@sluice/model';
import type { BackendDocument, FileChanges, GatewayConfig, JsonObject, Problem, RouteDocument } from '@sluice/model';
import { readRequest } from '@sluice/model/api';
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
      /** The file is one route by itself. */
      readonly isOneRoute: boolean;
      /** How its routes are deployed: "deployment" as written, and valid. */
      readonly settings: JsonObject;
      /** Which of its changes are measured. */
      readonly changes: FileChanges;
      /** What it hardly means, by itself. */
      readonly warnings: readonly ConfigProblem[];
      /** Adds its place in the file to a problem that the control plane found. */
      locate(problem: { readonly path: (string | number)[]; readonly message: string }): ConfigProblem;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** What a command takes from a file. */
export interface RoutesFileOptions {
  /** "deployment" beside the routes, which says how to deploy them. */
  readonly takesSettings?: boolean;
}

/**
 * Reads the routes and backends of a file: one whole route, or a configuration with "routes". Reads the file alone, without the
 * environment. Rejects with a CommandFailure when it leaves routes to the API.
 */
export async function readRoutesFile(
  file: string,
  { cwd }: Context,
  { takesSettings = false }: RoutesFileOptions = {},
): Promise<RoutesFile> {
  const path = resolve(cwd, file);
  const asWritten = (problem: ConfigProblem): ConfigProblem =>
    problem.source === path ? { ...problem, source: file } : problem;
  const parse = (value: unknown): ParsedFile => parseFile(value, takesSettings);
  const schema = { parse, json: configJsonSchema() };
  const result = await loadLayers({ schema, file: path, env: {}, prefix: 'SLUICE' });
  if (!result.ok) return { ok: false, problems: result.problems.map(asWritten) };
  const { config, settings, isOneRoute } = result.config;
  const { routes, backends, routesOwner, changes } = config;
  if (routesOwner === 'api') {
    throw new CommandFailure(`${file} has no "routes": there is nothing to bring in (routes: [] stands for none)`);
  }
  return {
    ok: true,
    routes: routes.map((route) => encodeRoute(route)),
    backends: backends.map((backend) => encodeBackend(backend)),
    isOneRoute,
    settings,
    changes,
    warnings: result.warnings.map(asWritten),
    locate: (problem) =>
      asWritten(result.locate({ ...problem, path: isOneRoute ? inOneRoute(problem.path) : [...problem.path] })),
  };
}

type ParsedFile =
  | {
      readonly ok: true;
      readonly config: {
        readonly config: GatewayConfig;
        readonly settings: JsonObject;
        readonly isOneRoute: boolean;
      };
      readonly warnings: Problem[];
    }
  | { readonly ok: false; readonly problems: Problem[] };

function parseFile(value: unknown, takesSettings: boolean): ParsedFile {
  const { deployment, ...rest } = isObject(value) ? value : {};
  const isOneRoute = isRoute(value);
  const whole = isObject(value) ? withoutListeners(isOneRoute ? { routes: [rest] } : rest) : value;
  // Of what was exported, the control plane knows the secrets.
  const config = parseConfig(whole, { isFromApi: true });
  const placed = (found: readonly Problem[]): Problem[] =>
    found.map((each) => (isOneRoute ? { ...each, path: inOneRoute(each.path) } : each));
  const problems = [...(config.ok ? [] : placed(config.problems)), ...settingsProblems(deployment, takesSettings)];
  if (!config.ok || problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    config: { config: config.config, settings: (deployment ?? {}) as JsonObject, isOneRoute },
    warnings: [...placed(config.warnings), ...leftOut(config.config)],
  };
}

/** Consumers have no owner: those of the file and those of the API count side by side, so nobody takes them over. */
function leftOut({ consumers = [] }: GatewayConfig): Problem[] {
  const message = 'stay in the file: a running Sluice reads them there. sluice consumer makes those of the API';
  return consumers.length > 0 ? [{ path: ['consumers'], message }] : [];
}

function settingsProblems(deployment: unknown, takesSettings: boolean): Problem[] {
  if (deployment === undefined) return [];
  if (!takesSettings) return [{ path: ['deployment'], message: forDeploy }];
  const settings = readRequest(deploymentSettings, deployment);
  return settings.ok ? [] : settings.problems.map((each) => ({ ...each, path: ['deployment', ...each.path] }));
}

const forDeploy = 'is for sluice deploy: leave it out here, or say how changes go live by the key "changes"';

/** A single route has a name; a configuration has none. */
function isRoute(value: unknown): boolean {
  return isObject(value) && 'name' in value && !('routes' in value);
}

function inOneRoute(path: readonly (string | number)[]): (string | number)[] {
  return path[0] === 'routes' ? path.slice(2) : [...path];
}

/** Only the control plane knows whether a backend leads back to the gateway; the listeners in the file say nothing about it. */
function withoutListeners(whole: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const at = (name: string): unknown => {
    const part = whole[name] ?? {};
    return isObject(part) ? { ...part, port: 0 } : part;
  };
  return { ...whole, proxy: at('proxy'), management: at('management') };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
