import type { DeploymentSettings, PhaseConfig } from '@sluice/model';
import type { DeploymentPhase } from './deployment.ts';

const fiveMinutes = 300_000;

/** The shares of a Canary deployment that has no phases of its own. */
const usualPercentages = [10, 50, 100];

/** The phases of a new deployment. */
export function planPhases(settings: DeploymentSettings): readonly DeploymentPhase[] {
  const phase = (name: string, trafficPercentage: number, duration: number): DeploymentPhase => ({
    name,
    trafficPercentage,
    duration,
    ...(settings.mirror !== undefined && trafficPercentage < 100 && { mirror: settings.mirror }),
    analysis: settings.analysis,
    needsApproval: false,
    status: 'Pending',
  });
  switch (settings.strategy) {
    case 'Direct':
      return [phase('all', 100, 0)];
    case 'BlueGreen':
      return [phase('warm', 0, 0), phase('switch', 100, settings.blueGreen.keepFor)];
    case 'Rolling':
      return [phase('nodes', 100, 0)];
    case 'ABTest':
      return [phase('test', settings.abTest.percentage, settings.abTest.duration ?? 0)];
    case 'Canary': {
      if (settings.phases !== undefined) return settings.phases.map((config) => planned(config, settings));
      const usual = usualPercentages.map((percentage) => phase(nameOf(percentage), percentage, fiveMinutes));
      return settings.testers.length === 0 ? usual : [phase('testers', 0, fiveMinutes), ...usual];
    }
  }
}

function planned(config: PhaseConfig, settings: DeploymentSettings): DeploymentPhase {
  const { name, trafficPercentage, duration, mirror = settings.mirror, analysis, approval } = config;
  return {
    name: name ?? nameOf(trafficPercentage),
    trafficPercentage,
    duration,
    ...(mirror !== undefined && trafficPercentage < 100 && { mirror }),
    analysis: { ...settings.analysis, ...withoutUndefined(analysis ?? {}) },
    needsApproval: approval,
    status: 'Pending',
  };
}

function nameOf(percentage: number): string {
  return percentage === 0 ? 'testers' : `${percentage} %`;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
