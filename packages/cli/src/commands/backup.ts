import { dirname, resolve } from 'node:path';
import { access as look } from 'node:fs/promises';
import { contentLines } from '../store-access/store-content.ts';
import { runningInstead } from '../access/with-access.ts';
import { CommandFailure } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { configFlag } from '../store-access/store-location.ts';
import { withStore } from '../store-access/with-store.ts';
import { printEither } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';
import { createProgress } from '../terminal/progress.ts';
import { version } from '../command/version.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'Write everything in the store to a file',
  positionals: ['FILE'],
  flags: [
    { name: 'force', short: 'f', description: 'Replace an existing file' },
    configFlag,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'Sluice may keep running: the backup holds the store as of one moment. It is compressed and checksummed.',
    'It holds password hashes and the whole configuration: keep it as safe as the store. Sessions are not part of it.',
    'sluice restore FILE loads it into any kind of store.',
  ],
  async run(args, context) {
    const [file = ''] = args.positionals;
    const target = resolve(context.cwd, file);
    await refuseTarget(target, file, args.switches.has('force'));
    const instead = 'keep a copy of what sluice export prints';
    if ((await runningInstead(args, context)) !== undefined) throw new CommandFailure(onlyInMemory);
    return withStore(args, context, {
      instead,
      async work({ location, store }) {
        const { writeBackup } = await import('@sluice/control');
        const progress = createProgress(context);
        const onProgress = (documents: number): void => progress.show(`${documents} documents`);
        const summary = await writeBackup(store, { file: target, version, clock: Date.now, onProgress }).finally(() =>
          progress.clear(),
        );
        const { green } = styleFor(context.stdout, context.env);
        const text = () => `${green('ok')}  ${file}: backup of ${location.shown}\n${contentLines(summary.collections)}`;
        printEither({ json: { file, ...summary }, text }, args, context);
        return 0;
      },
    });
  },
};

const onlyInMemory =
  'the running Sluice keeps everything in memory, and nothing of that can be backed up: sluice export FILE writes its routes ' +
  'and backends to a file';

async function refuseTarget(target: string, file: string, force: boolean): Promise<void> {
  const isThere = (path: string): Promise<boolean> =>
    look(path).then(
      () => true,
      () => false,
    );
  if (!force && (await isThere(target))) throw new CommandFailure(`${file} exists already: --force replaces it`);
  if (!(await isThere(dirname(target)))) throw new CommandFailure(`there is no folder ${dirname(file)}`);
}
