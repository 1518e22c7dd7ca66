import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { entityName, line } from '../values/text.ts';
import { optionalFields } from '../values/without-default.ts';
import { analysisConfig, gateConfig } from './analysis-config.ts';
import type { GateConfig } from './analysis-config.ts';
import { percentage } from './percentage.ts';
import { mirrorConfig, smokeRequest, stickyConfig, testerRule } from './split-config.ts';

/** The ways in which a new version is brought in. */
export const deploymentStrategies = ['Direct', 'Canary', 'BlueGreen', 'Rolling', 'ABTest'] as const;

/** A way in which a new version is brought in. */
export type DeploymentStrategy = (typeof deploymentStrategies)[number];

const longest = 2_147_483_647;

/** Schema of one phase of a deployment. */
export const phaseConfig = z
  .strictObject({
    name: line(64).optional().describe('Appears in the history; the share if absent.'),
    trafficPercentage: percentage.describe('Share of the candidate; 0 = testers and mirrored requests only.'),
    duration: duration(0, longest).prefault('5m').describe('Shortest duration of the phase.'),
    mirror: mirrorConfig.optional(),
    analysis: optionalFields(analysisConfig.shape)
      .optional()
      .describe('Settings of the analysis that differ in this phase.'),
    approval: z.boolean().default(false).describe('true: a person has to approve before the phase begins.'),
  })
  .describe('One step of a deployment.');

/** One phase of a deployment; times in milliseconds. */
export type PhaseConfig = z.output<typeof phaseConfig>;

/** Schema of a blue-green deployment. */
export const blueGreenConfig = z
  .strictObject({
    smoke: z
      .array(smokeRequest)
      .max(20)
      .default([])
      .describe('Requests that have to succeed at the candidate on every node.'),
    warmTimeout: duration(1000)
      .prefault('2m')
      .describe('How long the candidate may take to be ready; then the deployment fails.'),
    keepFor: duration(0).prefault('10m').describe('How long the stable version is kept ready after the switch.'),
  })
  .describe('Settings of the strategy BlueGreen.');

/** Schema of a rolling deployment. */
export const rollingConfig = z
  .strictObject({
    maxUnavailable: z.int().min(1).max(1000).default(1).describe('How many nodes are changed at a time.'),
    drain: duration(0, 3_600_000)
      .prefault('0s')
      .describe('How long a node reports that it is not ready before it changes, so that load balancers avoid it.'),
    verifyFor: duration(0).prefault('10s').describe('How long a changed node is watched before the next one.'),
  })
  .describe('Settings of the strategy Rolling.');

/** Schema of an A/B test. */
export const abTestConfig = z
  .strictObject({
    percentage: percentage.default(50).describe('Share of the candidate.'),
    duration: duration(0)
      .optional()
      .describe('Time after which a decision is requested; if absent, the test runs until somebody decides.'),
  })
  .describe('Settings of the strategy ABTest.');

/** What happens when another deployment runs on one of the routes. */
export const conflictChoices = ['refuse', 'wait', 'supersede'] as const;

/** Verdicts tell gates apart by their names. */
function namedOnce(gates: readonly GateConfig[], { addIssue }: z.RefinementCtx<readonly GateConfig[]>): void {
  for (const [index, { name }] of gates.entries()) {
    if (gates.findIndex((other) => other.name === name) === index) continue;
    addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of another gate: give each its own' });
  }
}

/** The fields that say how a deployment is done. */
export const deploymentFields = {
  strategy: z.enum(deploymentStrategies).default('Canary').describe('How the new version is brought in.'),
  environment: entityName
    .optional()
    .describe('Environment of the routes, which the configuration sets. It may be left out; another one is refused.'),
  reason: line(1000).optional().describe('Why; shown in the history.'),
  phases: z
    .array(phaseConfig)
    .min(1)
    .max(50)
    .optional()
    .describe('Canary only: growing shares of the traffic. If absent: 10, 50 and 100 percent, 5 minutes each.'),
  analysis: analysisConfig.prefault({}),
  gates: z.array(gateConfig).max(20).superRefine(namedOnce).default([]).describe('Measurements taken elsewhere.'),
  testers: z
    .array(testerRule)
    .max(20)
    .default([])
    .describe('Requests that always go to the candidate, from the first phase on.'),
  sticky: stickyConfig.optional(),
  mirror: mirrorConfig
    .optional()
    .describe('Mirrors requests to the candidate in every phase that has no mirror of its own.'),
  blueGreen: blueGreenConfig.prefault({}),
  rolling: rollingConfig.prefault({}),
  abTest: abTestConfig.prefault({}),
  onConflict: z
    .enum(conflictChoices)
    .default('refuse')
    .describe(
      'When a deployment runs on one of the routes: refuse this one, let it wait, or let it supersede that one.',
    ),
  emergency: z
    .boolean()
    .default(false)
    .describe(
      'true: needs no approval, ignores freezes and a stopped line, supersedes running deployments. Admins only; needs a reason; audited.',
    ),
};

/** Schema of how a deployment is done. */
export const deploymentSettings = z.strictObject(deploymentFields);

/** How a deployment is done; times in milliseconds. */
export type DeploymentSettings = z.output<typeof deploymentSettings>;
