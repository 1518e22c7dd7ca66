import { z } from 'zod';
import { backendConfig } from '../config/backend-config.ts';
import type { BackendConfig } from '../config/backend-config.ts';
import { isOwnedBackend } from './identity.ts';
import type { AnalysisConfig } from '../deployment/analysis-config.ts';
import { analysisConfig } from '../deployment/analysis-config.ts';
import type { DeploymentSettings } from '../deployment/deployment-settings.ts';
import { deploymentSettings } from '../deployment/deployment-settings.ts';
import type { SplitSettings } from '../deployment/split-config.ts';
import { splitConfig } from '../deployment/split-config.ts';
import type { BackendDocument, DocumentOf, RouteDocument } from './documents.ts';
import { encoderOf } from './encoder.ts';
import { routeConfig } from '../config/route-config.ts';
import type { RouteConfig } from '../config/route-config.ts';

const encodeOwn = encoderOf(routeConfig.omit({ backends: true }));
/** A backend of a route differs from a shared one in its id alone. */
const encodeWhole = encoderOf(backendConfig);

/**
 * The document of a route: the input form with every default filled in and durations as text. Backends of its own are
 * whole and without an id, shared ones are named. What it gives is read back by `parseRoute` as the same route.
 */
export function encodeRoute(route: RouteConfig): RouteDocument {
  const backends = route.backends.map((backend) => {
    const { backendId, ...own } = backend;
    return isOwnedBackend(backend) ? encodeWhole(own) : { backendId };
  });
  const { split, ...own } = route;
  const document = { ...encodeOwn(own), routeId: route.routeId, backends };
  if (split === undefined) return document;
  const { candidate, ...settings } = split;
  return { ...document, split: { ...encodeSplit(settings), candidate: encodeRoute(candidate) } };
}

function encodeSplit(split: SplitSettings): DocumentOf<typeof splitConfig> {
  // Every field that has a default is there: the settings were read by the schema.
  return z.encode(splitConfig, split) as DocumentOf<typeof splitConfig>;
}

/** The document of a shared backend; what it gives is read back by `parseBackend` as the same backend. */
export function encodeBackend(backend: BackendConfig): BackendDocument {
  return { ...encodeWhole(backend), backendId: backend.backendId };
}

/** How a deployment is done, in the form in which people write it. What it was made without has its default. */
export function encodeDeploymentSettings(settings: DeploymentSettings): z.input<typeof deploymentSettings> {
  // Settings that an earlier version stored lack what has been added since.
  return z.encode(deploymentSettings, { ...deploymentSettings.parse({}), ...settings });
}

/** How a candidate is judged, in the form in which people write it. */
export function encodeAnalysis(analysis: AnalysisConfig): z.input<typeof analysisConfig> {
  return z.encode(analysisConfig, { ...analysisConfig.parse({}), ...analysis });
}
