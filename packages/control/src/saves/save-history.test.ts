import { expect, test } from 'vitest';
import { arrive, behind, noSaves } from './save-history.ts';
import type { SaveHistory } from './save-history.ts';

/** What happens in order: a process and the content of its copy of the file. */
function after(...arrivals: string[]): SaveHistory {
  return arrivals.reduce((history, arrival) => {
    const [process = '', content = ''] = arrival.split(' ');
    return arrive(history, { process, content, at: '' });
  }, noSaves);
}

const contents = ({ saves }: SaveHistory): string => saves.map(({ content }) => content).join('');

test.each<[string, string[], string]>([
  ['the first content is a save', ['n1 A'], 'A'],
  ['a touch, or a restart with the same content, is none', ['n1 A', 'n1 A'], 'A'],
  ['another content is one', ['n1 A', 'n1 B'], 'AB'],
  ['so is one that goes back, and one that comes again', ['n1 A', 'n1 B', 'n1 A', 'n1 B'], 'ABAB'],
  ['a second process with the same content adds none', ['n1 A', 'n2 A', 'n1 B', 'n2 B'], 'AB'],
  ['a process that starts with an old file is late', ['n1 A', 'n1 B', 'n2 A'], 'AB'],
  ['a process that still has the old file, and restarts, is late', ['n1 A', 'n2 A', 'n1 B', 'n2 A'], 'AB'],
  ['a process that catches up step by step is late', ['n1 A', 'n2 A', 'n1 B', 'n1 A', 'n2 B', 'n2 A'], 'ABA'],
  ['a process that skips saves is up to date', ['n1 A', 'n2 A', 'n1 B', 'n1 C', 'n2 C'], 'ABC'],
  ['one process changes back for all', ['n1 A', 'n2 A', 'n1 B', 'n2 B', 'n2 A', 'n1 A'], 'ABA'],
  ['the first of three to see a commit saves it', ['n1 A', 'n2 A', 'n3 A', 'n2 B', 'n3 B', 'n1 B', 'n3 C'], 'ABC'],
])('%s', (_what, arrivals, expected) => {
  expect(contents(after(...arrivals))).toBe(expected);
});

test('nothing new is the same object, so nothing is written', () => {
  const history = after('n1 A');
  expect(arrive(history, { process: 'n1', content: 'A', at: '' })).toBe(history);
});

test('says how far a copy is behind', () => {
  const history = after('n1 A', 'n2 A', 'n1 B', 'n1 C');
  expect(behind(history, { process: 'n2', content: 'A' })).toBe(2);
  expect(behind(history, { process: 'n1', content: 'C' })).toBe(0);
  expect(behind(history, { process: 'new', content: 'C' })).toBe(0);
});

test('the history stays small', () => {
  const history = after(...Array.from({ length: 210 }, (_, index) => `n${index} ${index}`));
  expect(history.saves).toHaveLength(200);
  expect(Object.keys(history.seen)).toHaveLength(200);
  expect(history.saves.at(-1)?.number).toBe(210);
});
