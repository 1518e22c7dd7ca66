import { expect, test } from 'vitest';
import { createProcessLog } from './process-log.ts';

function record() {
  const lines: string[] = [];
  const log = createProcessLog({ output: { write: (text: string) => lines.push(text) } });
  const parsed = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, parsed };
}

test('each line names the revision that is live when it is written', () => {
  const { log, parsed } = record();
  const live: { revision?: number } = {};
  log.showRevision(() => live.revision);
  log.info('before there is one');
  live.revision = 7;
  log.info('live');
  log.info('about another one', { revision: 6 });
  expect(parsed().map((line) => line['revision'])).toEqual([undefined, 7, 6]);
});

test('the level and what is hidden follow the configuration at once', () => {
  const { log, parsed } = record();
  log.debug('no', { email: 'a@b' });
  log.levels.configure('debug');
  log.debug('yes', { email: 'a@b' });
  log.redaction.setNames(['email']);
  log.redaction.hideValues(['planted-secret']);
  log.debug('hidden planted-secret', { email: 'a@b' });
  expect(parsed()).toMatchObject([
    { message: 'yes', email: 'a@b' },
    { message: 'hidden [hidden]', email: '[hidden]' },
  ]);
});
