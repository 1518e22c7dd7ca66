import type { Client } from '@sluice/control/client';
import type { DeploymentResource } from '@sluice/model/api';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure, noArguments } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { openDeployments } from '../deployments/find-deployment.ts';
import type { Connection } from '../remote/connect.ts';
import { connect } from '../remote/connect.ts';
import { styleFor } from '../terminal/style.ts';
import { exitCodeOf, followDeployment } from '../watch/follow-deployment.ts';
import type { Followed } from '../watch/follow-deployment.ts';
import { startDemoLoad } from './demo-load.ts';
import type { DemoFile } from '../session/demo-file.ts';
import { demoRouteId, demoRouteVersion, demoSettings } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { loadReport } from './load-report.ts';

const requestsPerSecond = 300;
/** How long requests run before the new version comes and after it has ended, to show that they are not disturbed. */
const marginMs = 1_000;

/** Shows a scenario on the running demo, under load; resolves with the exit code. Rejects with a CommandFailure. */
export async function runScenario(scenario: Scenario, demo: DemoFile, context: Context): Promise<number> {
  const { stdout } = context;
  const connection = await connectWith(demo, context);
  await reset(demo, connection);
  stdout.write(`${scenario.about}\n${requestsPerSecond} requests a second go to ${demo.proxy}/${demoRouteId}\n`);
  const url = `${demo.proxy}/${demoRouteId}`;
  const load = startDemoLoad({ url, perSecond: requestsPerSecond, random: Math.random });
  try {
    await pause(marginMs);
    const deployment = await connection.call((client) => client.createDeployment({ body: requestOf(scenario, demo) }));
    const { followed, isDecided } = await follow(deployment, connection, context);
    if ('signal' in followed) {
      // Without its load the deployment would wait for requests that never come.
      await rollBack(deployment.deploymentId, 'the demonstration was stopped', connection);
      return exitCodeOf(followed);
    }
    await pause(marginMs);
    await load.stop();
    const isAsExpected = isDecided && 'status' in followed && followed.status === scenario.expected;
    stdout.write(loadReport(load.counts, { scenario, isAsExpected, style: styleFor(stdout, context.env) }));
    return isAsExpected ? 0 : 1;
  } finally {
    await load.stop();
  }
}

/** Uses the key of the demo, whatever the environment holds. */
function connectWith({ management, key }: DemoFile, context: Context): Promise<Connection> {
  const { HOME, XDG_CONFIG_HOME } = context.env;
  const env = { HOME, XDG_CONFIG_HOME, SLUICE_API_KEY: key };
  return connect({ ...noArguments, options: { url: management } }, { ...context, env });
}

/** Removes what an earlier demonstration has left: its deployment and its version. */
async function reset(demo: DemoFile, connection: Connection): Promise<void> {
  const { call } = connection;
  const open = await openDeployments(connection).catch(async (error: unknown) => {
    const { ApiError } = await import('@sluice/control/client');
    if (!(error instanceof CommandFailure) || !(error.cause instanceof ApiError)) throw error;
    throw new CommandFailure(
      `${demo.management} is not the demo that was started in this folder: stop what listens there, then run npm start`,
      { cause: error },
    );
  });
  for (const { deploymentId, routes } of open) {
    if (!routes.some(({ routeId }) => routeId === demoRouteId)) continue;
    await rollBack(deploymentId, 'another demonstration starts', connection);
  }
  const route = demoRouteVersion(demo) as Parameters<Client['createRoute']>[0]['body'];
  await call(async (client) => {
    const { routes } = await client.listRoutes({ query: { limit: 100 } });
    const isThere = routes.some(({ routeId }) => routeId === demoRouteId);
    if (isThere) await client.updateRoute({ params: { routeId: demoRouteId }, body: route });
    else await client.createRoute({ body: route });
  });
}

function requestOf(scenario: Scenario, demo: DemoFile): Parameters<Client['createDeployment']>[0]['body'] {
  const route = demoRouteVersion(demo, scenario);
  return { routeId: demoRouteId, route, ...demoSettings(scenario) } as unknown as Parameters<
    Client['createDeployment']
  >[0]['body'];
}

async function follow(
  deployment: DeploymentResource,
  connection: Connection,
  context: Context,
): Promise<{ readonly followed: Followed; readonly isDecided: boolean }> {
  const { deploymentId } = deployment;
  let isDecided = true;
  const followed = await followDeployment({
    deployment,
    context,
    json: false,
    clock: Date.now,
    signals: process,
    async *news(settings) {
      for await (const news of connection.watch(deploymentId, settings)) {
        yield news;
        if (!isDecided || news.type !== 'deployment' || news.deployment.paused?.asks !== true) continue;
        // Nobody answers in a demonstration, which has to end.
        isDecided = false;
        await rollBack(deploymentId, 'the machine was too busy to tell the versions apart', connection);
      }
    },
    leaveMessage: 'Stopped: the new version is rolled back.',
  });
  return { followed, isDecided };
}

async function rollBack(deploymentId: string, reason: string, { call }: Connection): Promise<void> {
  await call((client) => client.rollbackDeployment({ params: { deploymentId }, body: { reason } }));
}
