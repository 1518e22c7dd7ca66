import { configJsonSchema, deploymentSettings, encodeBackend, encodeRoute, parseConfig } from '@sluice/model';
import type { GatewayConfig, JsonObject, Problem } from '@sluice/model';
import { readRequest } from '@sluice/model/api';
import { loadLayers } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
import { resolve } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import type { RoutesFile } from '../file-configuration/read-routes-file.ts';

/** The routes of a file, and how to deploy them. */
export type DeploymentFile =
  | (Extract<RoutesFile, { ok: true }> & {
      /** As written, and valid. */
      readonly settings: JsonObject;
    })
  | Extract<RoutesFile, { ok: false }>;

/**
 * Reads routes to deploy: one whole route, or a configuration with "routes"; and how to deploy them, from "deployment" beside
 * them. Rejects with a CommandFailure when there are no routes.
 */
export async function readDeploymentFile(file: string, { cwd }: Context): Promise<DeploymentFile> {
  const path = resolve(cwd, file);
  const asWritten = (problem: ConfigProblem): ConfigProblem =>
    problem.source === path ? { ...problem, source: file } : problem;
  let isOneRoute = false;
  const parse = (value: unknown): ParsedFile => {
    isOneRoute = isRoute(value);
    return parseFile(value);
  };
  const schema = { parse, json: configJsonSchema() };
  const result = await loadLayers({ schema, file: path, env: {}, prefix: 'SLUICE' });
  if (!result.ok) return { ok: false, problems: result.problems.map(asWritten) };
  const { config, settings } = result.config;
  if (config.routes.length === 0) throw new CommandFailure(`${file} has no routes: there is nothing to deploy`);
  return {
    ok: true,
    routes: config.routes.map((route) => encodeRoute(route)),
    backends: config.backends.map((backend) => encodeBackend(backend)),
    settings,
    warnings: result.warnings.map(asWritten),
    locate: ({ message, path: steps }) =>
      asWritten(result.locate({ message, path: isOneRoute ? inOneRoute(steps) : [...steps] })),
  };
}

type ParsedFile =
  | {
      readonly ok: true;
      readonly config: { readonly config: GatewayConfig; readonly settings: JsonObject };
      readonly warnings: Problem[];
    }
  | { readonly ok: false; readonly problems: Problem[] };

function parseFile(value: unknown): ParsedFile {
  const { deployment = {}, ...rest } = isObject(value) ? value : {};
  const isOneRoute = isRoute(value);
  const whole = isObject(value) ? withoutListeners(isOneRoute ? { routes: [rest] } : rest) : value;
  const config = parseConfig(whole, { isFromApi: true });
  const settings = readRequest(deploymentSettings, deployment);
  const placed = (found: readonly Problem[]): Problem[] =>
    found.map((each) => (isOneRoute ? { ...each, path: inOneRoute(each.path) } : each));
  const problems = [
    ...(config.ok ? [] : placed(config.problems)),
    ...(settings.ok ? [] : settings.problems.map((each) => ({ ...each, path: ['deployment', ...each.path] }))),
  ];
  if (!config.ok || !settings.ok) return { ok: false, problems };
  return {
    ok: true,
    config: { config: config.config, settings: deployment as JsonObject },
    warnings: placed(config.warnings),
  };
}

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
