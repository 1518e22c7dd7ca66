import type { Immutable } from '@sluice/model';
import type { ChangePreview, OperationId, RevisionResource } from '@sluice/model/api';
import type { Outcome, Revision } from '../../configuration/index.ts';
import type { Handlers, Reply } from '../call.ts';
import { auditFields } from '../audit-changes.ts';
import { changeConfiguration, presentChanges, previewOf, previewReply } from '../change-configuration.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, `${string}Revision` | `${string}Revisions` | `${string}Configuration`>;

/** The configuration as a whole, and its history. */
export function configurationHandlers(services: Services): Handlers<Ids> {
  const { access, configuration } = services;
  return {
    async listRevisions({ query }) {
      const { limit, offset } = query;
      await configuration.refresh();
      const { items, total } = await configuration.revisions({ limit, offset });
      const revisions = items.map((revision) => presentRevision(revision));
      return { body: { revisions, total, limit, offset }, etag: configuration.revision };
    },
    async getRevision({ params }) {
      const { revision, changes } = await configuration.readRevision(params.revision);
      return { body: { ...presentRevision(revision), changes: presentChanges(changes) } };
    },
    async diffRevisions({ params, query }) {
      await configuration.refresh();
      const { revision: from } = params;
      const { to = configuration.revision } = query;
      const changes = await configuration.difference(from, to);
      return { body: { from, to, changes: presentChanges(changes) } };
    },
    restoreRevision: ({ params, body }, call) =>
      changeConfiguration(
        services,
        { ...call, reason: body.reason },
        {
          run: (context) => configuration.restore(params.revision, context),
          reply: whatChanged,
        },
      ),
    async exportConfiguration() {
      await configuration.refresh();
      const { revision, owner } = configuration;
      const { routes, backends } = (await configuration.export()) as { routes: Exported[]; backends: Exported[] };
      const by = owner.kind === 'file' ? { owner: owner.kind, file: owner.file } : { owner: owner.kind };
      return { body: { revision, ...by, configuration: { routes, backends } }, etag: revision };
    },
    applyConfiguration: ({ body: { configuration: whole, prune } }, call) =>
      changeConfiguration(services, call, {
        run: (context) => configuration.apply(whole, { ...context, prune }),
        reply: whatChanged,
      }),
    async confirmConfiguration({ body: { reason } }, call) {
      const entry = {
        ...auditFields(call),
        eventType: 'configuration.confirmed',
        entityType: 'configuration',
        details: reason === undefined ? {} : { reason },
      };
      const revision = await configuration.confirm((at) => [access.audit.auditWrite({ ...entry, revision: at })]);
      return { body: { revision }, etag: revision };
    },
    async diffConfiguration({ body: { configuration: whole, prune } }) {
      // Nothing is changed, so whoever owns the configuration, a comparison may be made.
      const author = { kind: 'file', name: 'comparison' } as const;
      const outcome = await configuration.apply(whole, { author, prune, dryRun: true });
      return previewReply({ ...outcome, dryRun: true });
    },
  };
}

type Exported = Record<string, never>;

function whatChanged(outcome: Outcome): Reply<Immutable<ChangePreview>> {
  const { changed, revision } = outcome;
  return { body: previewOf({ ...outcome, dryRun: false }), etag: revision, ...(changed && { changesOf: revision }) };
}

function presentRevision({ number, reason, restoredFrom, summary, ...rest }: Revision): Immutable<RevisionResource> {
  return {
    revision: number,
    ...rest,
    ...(reason !== undefined && { reason }),
    summary,
    ...(restoredFrom !== undefined && { restoredFrom }),
  };
}
