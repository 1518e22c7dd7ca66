import { z } from 'zod';
import { deploymentFields, deploymentSettings } from '../deployment/deployment-settings.ts';
import type { DeploymentSettings } from '../deployment/deployment-settings.ts';

const { phases, analysis, gates, testers, sticky, mirror } = deploymentFields;

const measuredConfig = z
  .strictObject({ phases, analysis, gates, testers, sticky, mirror })
  .describe('A canary with settings of its own.');

/** Schema of how a saved change of the configuration file goes live. */
export const changesConfig = z
  .union([z.enum(['direct', 'measured']), measuredConfig])
  .describe(
    'How a saved change of a route goes live: at once (direct, the default), or as a canary that is judged and then completed or taken back by itself (measured). With settings of a canary in place of the word, it is measured as they say.',
  );

/** How a saved change goes live, as it is written. */
export type ChangesConfig = z.output<typeof changesConfig>;

/** How saved changes of the routes of a file go live. */
export interface FileChanges {
  /** Of every route that does not say it itself, and of routes that are new. */
  readonly usual: ChangesConfig;
  /** By the ids of the routes that do. */
  readonly byRoute: Readonly<Record<string, ChangesConfig>>;
}

/** Whether a change of some route of the file is measured. */
export function isAnyMeasured({ usual, byRoute }: FileChanges): boolean {
  return usual !== 'direct' || Object.values(byRoute).some((changes) => changes !== 'direct');
}

/** How the change of a route is measured; undefined when it goes live at once. */
export function measuredSettings({ usual, byRoute }: FileChanges, routeId: string): DeploymentSettings | undefined {
  const own = Object.hasOwn(byRoute, routeId) ? byRoute[routeId] : usual;
  if (own === 'direct') return undefined;
  // A route that says no more than "measured" takes the settings of the file.
  const chosen = own === 'measured' ? usual : own;
  return { ...usualSettings, ...(typeof chosen === 'object' && chosen) };
}

const usualInput: z.input<typeof deploymentSettings> = { strategy: 'Canary', onConflict: 'supersede' };
const usualSettings = deploymentSettings.parse(usualInput);
