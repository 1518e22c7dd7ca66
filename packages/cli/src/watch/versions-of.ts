import type { DeploymentResource } from '@sluice/model/api';

/** `1.0 → 1.1`; the new one alone where nothing else is known, or both have the same name. */
export function versionsOf({ stableVersion, configVersion }: DeploymentResource['routes'][number]): string {
  return stableVersion === undefined || stableVersion === configVersion
    ? configVersion
    : `${stableVersion} → ${configVersion}`;
}
