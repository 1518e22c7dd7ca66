import { codeOf } from '@sluice/service';
import type { BackupSummary, Store } from '@sluice/control';
import { randomUUID } from 'node:crypto';
import { access as look, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { claimSqlite } from '../store-access/claim-store.ts';
import { contentLines, countDocuments } from '../store-access/store-content.ts';
import { configFlag, locateStore } from '../store-access/store-location.ts';
import type { StoreLocation } from '../store-access/store-location.ts';
import { asFailure } from '../store-access/explain-failure.ts';
import { useAccess } from '../access/with-access.ts';
import type { StoreAccess } from '../access/with-access.ts';
import { stateOfStore, useStore } from '../store-access/with-store.ts';
import { printEither } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';
import { canAsk, confirm } from '../terminal/ask.ts';
import { createProgress } from '../terminal/progress.ts';

export const restore: Command = {
  name: 'restore',
  summary: 'Replace everything in the store with a backup',
  positionals: ['FILE'],
  flags: [
    { name: 'dry-run', description: 'Check the backup, show what would happen, change nothing' },
    { name: 'yes', short: 'y', description: 'Do not ask' },
    configFlag,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'The backup may come from another kind of store. All of it is checked before anything is changed.',
    'Everyone has to log in again. Nodes take the restored configuration, whatever revision they run.',
    'Stop Sluice first: a SQLite store that is in use is refused; nobody else may write to any other store.',
  ],
  async run(args, context) {
    const [file = ''] = args.positionals;
    const { checkBackup } = await import('@sluice/control');
    const path = resolve(context.cwd, file);
    await look(path, constants.R_OK).catch((error: unknown) => {
      throw new CommandFailure(`${file} cannot be read (${codeOf(error) ?? 'unknown error'})`);
    });
    const summary = await asFailure(() => checkBackup(path), { url: path, shown: file });
    const location = await locateStore(args, context, 'name another store, such as sqlite:.sluice/sluice.db');
    if (args.switches.has('dry-run')) {
      return reportPlan({ file, location, summary, current: await contentOf(location, context) }, args, context);
    }
    const release = await claimSqlite(location);
    try {
      const current = await contentOf(location, context);
      await agree({ file, location, summary, current }, args, context);
      const history = { lineage: randomUUID(), revisionAt: new Date().toISOString() };
      await useStore(location, context, async (opened) => {
        await load(opened.store, { path, history, context });
        await useAccess(opened, (restored) => writeDown(restored, summary));
      });
      return reportDone({ file, location, summary, current }, args, context);
    } finally {
      release();
    }
  },
};

interface Plan {
  readonly file: string;
  readonly location: StoreLocation;
  readonly summary: BackupSummary;
  /** How many documents of each collection would be replaced; undefined when there is no store, or one of an older version. */
  readonly current: Readonly<Record<string, number>> | undefined;
}

async function contentOf(location: StoreLocation, context: Context): Promise<Plan['current']> {
  if ((await stateOfStore(location)) !== 'current') return undefined;
  return useStore(location, context, ({ store }) => countDocuments(store));
}

async function load(store: Store, { path, history, context }: { path: string; history: object; context: Context }) {
  const { restoreBackup } = await import('@sluice/control');
  const progress = createProgress(context);
  try {
    await restoreBackup(store, {
      file: path,
      onProgress: (documents) => progress.show(`${documents} documents`),
      // Nodes compare revision numbers only within a lineage. With a new one they take the restored configuration, even when
      // they run a later revision of the old lineage.
      adapt: (document) =>
        document.collection === 'configuration_head'
          ? { ...document, body: { ...document.body, ...history } }
          : document,
    });
  } finally {
    progress.clear();
  }
}

/** The restored audit log gets an entry for the restoration. */
function writeDown({ access, actor: { actor, address, traceId } }: StoreAccess, summary: BackupSummary): Promise<void> {
  const { createdAt, store, sluice } = summary;
  return access.audit.record({
    eventType: 'store.restored',
    entityType: 'store',
    user: actor.name,
    userKind: actor.kind,
    address,
    traceId,
    outcome: 'done',
    details: { backupCreatedAt: createdAt, backupStore: store, backupVersion: sluice },
  });
}

/** Shows what would be replaced and asks, if there is somebody to ask. Rejects with a CommandFailure when nobody agrees. */
async function agree(plan: Plan, { switches }: Arguments, context: Context): Promise<void> {
  if (switches.has('yes')) return;
  if (!canAsk(context)) {
    throw new CommandFailure(
      'restore replaces everything in the store: give --yes, or --dry-run to see what it would do',
    );
  }
  context.stderr.write(planText(plan));
  if (!(await confirm(`Replace everything in ${plan.location.shown}?`, context))) {
    throw new CommandFailure('not restored: nothing was changed');
  }
}

function planText({ file, location, summary, current }: Plan): string {
  return [
    `${file}: backup of a store of ${summary.store}, made at ${summary.createdAt} by Sluice ${summary.sluice}, with\n`,
    contentLines(summary.collections),
    `${location.shown}: ${current === undefined ? 'will be created\n' : 'would lose\n'}`,
    current === undefined ? '' : contentLines(current),
  ].join('');
}

function reportPlan(plan: Plan, args: Arguments, context: Context): number {
  const { location, ...rest } = plan;
  const text = () => `${planText(plan)}nothing was changed (--dry-run)\n`;
  printEither({ json: { dryRun: true, store: location.shown, ...rest }, text }, args, context);
  return 0;
}

function reportDone({ file, location, summary }: Plan, args: Arguments, context: Context): number {
  const { green } = styleFor(context.stdout, context.env);
  const lines = contentLines(summary.collections);
  const text = () =>
    `${green('ok')}  ${location.shown} now holds what ${file} holds\n${lines}everyone has to log in again\n`;
  printEither({ json: { dryRun: false, store: location.shown, file, summary }, text }, args, context);
  return 0;
}
