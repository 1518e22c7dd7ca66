import type { MonitoringFile, MonitoringInput } from '../monitoring-files.ts';
import { yamlFile } from '../yaml-file.ts';
import { workbookBurnRates } from './burn-rates.ts';
import type { BurnRates } from './burn-rates.ts';
import { controlRules } from './control-rules.ts';
import { objectiveRules } from './objective-rules.ts';
import { processRules } from './process-rules.ts';
import { renderGroup } from './rule.ts';
import type { RuleGroup } from './rule.ts';
import { trafficRules } from './traffic-rules.ts';

type RuleInput = Pick<MonitoringInput, 'objectives' | 'runbooks'>;

/** The groups of all rules, by their files. */
export function ruleGroups(
  { objectives }: Pick<RuleInput, 'objectives'>,
  burn: BurnRates = workbookBurnRates,
): Readonly<Record<'control' | 'objectives' | 'processes' | 'traffic', readonly RuleGroup[]>> {
  return {
    traffic: [trafficRules(objectives)],
    objectives: objectiveRules(objectives, burn),
    processes: [processRules],
    control: [controlRules],
  };
}

const about = {
  traffic: 'Alerts of routes: errors and latency',
  objectives: 'Alerts of the objectives of routes (slo): how fast error budgets are spent',
  processes: 'Alerts of processes: whether they run, what they reach, and the limits that they come to',
  control: 'Alerts of the control plane: store, leader, nodes that are behind, deployments that wait',
} as const;

/** The rule files of Prometheus. They are always the same files, so that none is left over from an earlier configuration. */
export function ruleFiles(input: RuleInput, burn: BurnRates = workbookBurnRates): readonly MonitoringFile[] {
  const groups = ruleGroups(input, burn);
  return (Object.keys(about) as (keyof typeof about)[]).map((name) =>
    yamlFile(`rules/${name}.yml`, about[name], {
      groups: groups[name].map((group) => renderGroup(group, input.runbooks)),
    }),
  );
}
