import { z } from 'zod';
import { logLevels } from '../config/logging-config.ts';
import type { BackendDocument, RouteDocument, Unchecked } from '../documents/documents.ts';
import type { Immutable } from '../documents/immutable.ts';
import { revisionNumber, timestamp } from '../documents/revision-fields.ts';

/** Something that control asks of nodes. It is best effort: a node that is away does not get it later. */
export type NodeCommand = Immutable<z.output<typeof nodeCommand>>;

const text = z.string().min(1);

const id = text.describe('Unique: a node that gets a command twice carries it out once.');

const nodeCommand = z.discriminatedUnion('kind', [
  z.object({
    id,
    kind: z.literal('checkHealth'),
    backendIds: z.array(text).optional().describe('Which backends to check now; all of them when left out.'),
  }),
  z.object({
    id,
    kind: z.literal('logLevel'),
    level: z.enum(logLevels).optional().describe('The level to log at; that of the configuration when left out.'),
    until: timestamp.optional().describe('When the level of the configuration counts again.'),
  }),
]);

const knownKinds: readonly unknown[] = ['checkHealth', 'logLevel'] satisfies NodeCommand['kind'][];

/** Schema of commands. Those of a kind that only a later version knows are passed over. */
export const nodeCommands = z
  .array(z.looseObject({}))
  .transform((commands) => commands.filter((command) => knownKinds.includes(command['kind'])))
  .pipe(z.array(nodeCommand));

/** Schema of the announcement of a revision on the bus. */
export const revisionAnnouncement = z.object({ revision: revisionNumber });

/**
 * Documents are only seen to have a name, without which they could not even be refused: reading them is what the node does
 * with each. perf: they are not copied, of which 20,000 cost 100 ms; looking at them costs 1 ms.
 */
const documents = z.array(z.unknown().meta({ type: 'object', additionalProperties: {} })).check(({ value, issues }) => {
  for (const [index, document] of value.entries()) {
    const name = (document as { readonly name?: unknown } | null)?.name;
    if (typeof name === 'string' && name !== '') continue;
    issues.push({ code: 'custom', input: document, path: [index, 'name'], message: 'expected a document with a name' });
  }
});

function documentsOf<T>(description: string): z.ZodType<readonly Unchecked<T>[]> {
  return documents.describe(description) as z.ZodType as z.ZodType<readonly Unchecked<T>[]>;
}

/** Schema of what a node is told. */
export const nodeChanges = z
  .object({
    revision: revisionNumber,
    lineage: text.describe('Names the history that revision numbers belong to: a restored backup begins another.'),
    revisionAt: text
      .meta({ format: 'date-time' })
      .optional()
      .describe('When the revision was made, or was confirmed to be the right one.'),
    withheld: z
      .boolean()
      .optional()
      .describe('The store is empty, or older than what the node runs: the node keeps that for now.'),
    whole: z.boolean().describe('Everything is there, and what is not there does not exist.'),
    routes: documentsOf<RouteDocument>('Routes as they are stored. Control may be newer than the node.'),
    backends: documentsOf<BackendDocument>('Shared backends as they are stored.'),
    removedRoutes: z.array(text).describe('Ids.'),
    removedBackends: z.array(text).describe('Ids.'),
    commands: nodeCommands,
    announcementKey: text.optional().describe('In base64url: what announcements by Redis are checked with.'),
  })
  .describe('The way from the revision of the node to the current one, and commands.');

/** What control tells a node: the way from the revision that the node has to the current one, and commands. */
export type NodeChanges = Immutable<z.output<typeof nodeChanges>>;
