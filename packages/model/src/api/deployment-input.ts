import { z } from 'zod';
import { deploymentFields } from '../deployment/deployment-settings.ts';
import { percentage } from '../deployment/percentage.ts';
import { entityName, line } from '../values/text.ts';
import { routeIdField } from './fields.ts';
import { routeInput, routeReadOnly } from './route-resource.ts';

const configVersion = entityName.describe('Name of a stored version; with a route, the name of the new version.');
const route = routeInput.describe('The whole new version of the route.');
const kept = { routeId: routeIdField, configVersion, route: route.optional() };
const given = { routeId: routeIdField, route };
const requestedRoute = z
  .union([z.strictObject(kept), z.strictObject(given)])
  .describe('A stored version, or a whole route.');
const routes = z.array(requestedRoute).min(1).max(100).describe('Several routes that change together.');

/** Schema of a new deployment: of one route, or of several. */
export const deploymentInput = z
  .union([
    z.strictObject({ ...kept, ...deploymentFields }),
    z.strictObject({ ...given, ...deploymentFields }),
    z.strictObject({ routes, ...deploymentFields }),
  ])
  .describe('A deployment: which version of which routes, and how it is brought in.');

const looseRoute = z.looseObject(routeReadOnly);
const edgeRoute = { routeId: routeIdField, configVersion: configVersion.optional(), route: looseRoute.optional() };
const nothingGiven = 'name a version that is kept in configVersion, or give the whole route in route';

/** The same as far as it is checked before routes are: their own rules come later, in the light of all others. */
export const deploymentEdge = z
  .strictObject({
    ...edgeRoute,
    routeId: routeIdField.optional(),
    routes: z.array(z.strictObject(edgeRoute)).min(1).max(100).optional(),
    ...deploymentFields,
  })
  .superRefine((body, { addIssue }) => {
    const refuse = (message: string, ...path: (string | number)[]) => addIssue({ code: 'custom', path, message });
    if (body.routes === undefined) {
      if (body.routeId === undefined) refuse('name the route, or give several in routes', 'routeId');
      if (body.configVersion === undefined && body.route === undefined) refuse(nothingGiven, 'configVersion');
      return;
    }
    for (const name of ['routeId', 'configVersion', 'route'] as const) {
      if (body[name] !== undefined) refuse('is for a deployment of one route: leave it out beside routes', name);
    }
    const ids = body.routes.map(({ routeId }) => routeId);
    for (const [index, one] of body.routes.entries()) {
      if (one.configVersion === undefined && one.route === undefined)
        refuse(nothingGiven, 'routes', index, 'configVersion');
      if (ids.indexOf(one.routeId) !== index) refuse('is in the deployment twice', 'routes', index, 'routeId');
    }
  });

const reason = line(1000).describe('Why; shown in the history.');

/** Schema of what goes with an approval, a pause or a rollback. */
export const remarkInput = z.strictObject({ reason: reason.optional() }).describe('Why, if there is something to say.');

/** Schema of what goes with a rejection. */
export const reasonInput = z.strictObject({ reason }).describe('Why.');

/** Schema of a promotion. */
export const promotionInput = z
  .strictObject({
    targetPercentage: percentage
      .optional()
      .describe('The share that the candidate gets now; the next phase if absent; 100 ends the deployment.'),
    fromPhaseIndex: z
      .int()
      .min(-1)
      .max(100)
      .optional()
      .describe(
        'The currentPhaseIndex that was seen: 409 when it has changed since, so that two people who promote at once move it by one phase.',
      ),
  })
  .describe('How far a deployment goes.');
