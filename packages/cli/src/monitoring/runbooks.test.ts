import { ruleGroups } from '@sluice/deploy';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../command/parse-arguments.ts';
import { commands } from '../commands/index.ts';
import { allCommandsBelow, commandsBelow, runbookIndex, runbookPages, wordsOf } from './testing/runbook-pages.ts';

const objectives = [{ route: 'orders', slo: { availability: 99.9, latency: { p99: 500 } } }];
const alerts = Object.values(ruleGroups({ objectives })).flatMap((groups) =>
  groups.flatMap((group) => group.alerts ?? []),
);

describe('alerts and runbooks', () => {
  test('every alert leads to a page that is there, and every page has an alert', () => {
    expect(new Set(alerts.map(({ runbook }) => runbook))).toEqual(new Set(runbookPages.keys()));
  });

  test.each([...runbookPages])(
    '%s names its alerts, and says the symptom, what to look at and what to do',
    (name, page) => {
      const own = new Set(alerts.filter(({ runbook }) => runbook === name).map((alert) => alert.name));
      const named = /^Alerts: (.*)\.$/m.exec(page)?.[1]?.match(/\w+/g) ?? [];
      expect(new Set(named)).toEqual(own);
      const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(['Symptom', 'What to look at', 'What to do']);
      expect(commandsBelow(page, 'What to look at').length).toBeGreaterThan(0);
      expect(runbookIndex).toContain(`(${name}.md) | ${named.map((alert) => `\`${alert}\``).join(', ')} |`);
    },
  );

  test('every alert says what is wrong, and fills in only labels that it has', () => {
    for (const { summary, description, when, labels = {} } of alerts) {
      expect(summary.length * description.length).toBeGreaterThan(0);
      const filled = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      const known = new Set<unknown>(['instance', ...when.labels, ...Object.keys(labels)]);
      expect(filled.filter((label) => !known.has(label))).toEqual([]);
    }
  });
});

test.each(allCommandsBelow('What to do'))('the command line takes: %s', (text) => {
  const [program, name, ...rest] = wordsOf(text);
  const command = commands.find((one) => one.name === name);
  if (program !== 'sluice' || command === undefined) throw new Error('there is no such command');
  expect(() => parseArguments(command, rest)).not.toThrow();
});
