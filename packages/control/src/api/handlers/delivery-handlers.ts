import type { OperationId } from '@sluice/model/api';
import type { LineState } from '../../deployment/index.ts';
import type { Handlers } from '../call.ts';
import { changeDeployment } from '../change-deployment.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'getDelivery' | `${string}DeliveryLine`>;

/** The delivery figures, and the line, which stops all deployments. */
export function deliveryHandlers(services: Services): Handlers<Ids> {
  const { deployments, dora } = services;
  return {
    getDelivery: async ({ query }) => ({ body: await dora.figures(query) }),
    getDeliveryLine: async () => ({ body: await deployments.line() }),
    async setDeliveryLine({ body }, call) {
      const before = call.dryRun ? await lineAlone(deployments) : undefined;
      return changeDeployment<LineState, LineState>(services, call, {
        run: async ({ alongside, ...context }) => {
          // Author and time are left out: the audit entry has them.
          return deployments.setLine(body, { ...context, alongside: () => alongside(body) });
        },
        audit: () => ({
          eventType: body.stopped ? 'delivery.stopped' : 'delivery.restarted',
          entityType: 'deliveryLine',
          entityId: 'line',
          details: body.reason === undefined ? {} : { reason: body.reason },
        }),
        changes: (after) =>
          before?.stopped === after.stopped && before.reason === after.reason
            ? []
            : [{ entityType: 'deliveryLine', entityId: 'line', ...(before && { before }), after }],
        reply: (line) => ({ body: line }),
      });
    },
  };
}

/** The line as somebody set it, without the freeze that follows from it. */
async function lineAlone(deployments: Services['deployments']): Promise<LineState> {
  const { freeze: _freeze, ...alone } = await deployments.line();
  return alone;
}
