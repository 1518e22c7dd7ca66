import { expect, test } from 'vitest';
import { formatPath } from '../values/problem.ts';
import { parseConfig } from './parse-config.ts';

const hash = `sha256:${'a'.repeat(64)}`;
const clear = 'a-key-in-clear-3f9c';

function problemsOf(consumers: unknown, more: object = {}): string[] {
  const result = parseConfig({ ...more, consumers });
  return result.ok ? [] : result.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

test('a key in clear is refused wherever it stands, with what to do, and is not repeated', () => {
  const written = [
    { id: 'a', keys: [{ hash: clear }] },
    { id: 'b', keys: [clear] },
    { id: 'c', keys: [{ key: clear }] },
  ];
  const problems = problemsOf(written);
  expect(problems[0]).toBe(
    'consumers[0].keys[0].hash: expected the hash of a key, never the key itself: make it with sluice hash-key',
  );
  expect(problems).toHaveLength(4);
  expect(problems.join()).not.toContain(clear);
  // A secret of 64 hexadecimal digits looks like a digest, but has no name of a hash before it.
  expect(problemsOf([{ id: 'a', keys: [{ hash: 'b'.repeat(64) }] }])).toHaveLength(1);
});

test('two consumers may not have the same id, key or subject, and each place is named', () => {
  expect(problemsOf([{ id: 'a', keys: [{ hash }] }, { id: 'a' }, { id: 'b', keys: [{ hash }] }])).toEqual([
    'consumers[1].id: this id is already used by number 1 of the list',
    'consumers[2].keys[0].hash: this key is already used by number 1 of the list',
  ]);
  expect(problemsOf([{ id: 'a' }, { id: 'b', subjects: ['CN=b', 'a'] }, { id: 'c', subjects: ['CN=b'] }])).toEqual([
    'consumers[1].subjects[1]: this subject is already used by number 1 of the list',
    'consumers[2].subjects[0]: this subject is already used by number 2 of the list',
  ]);
  expect(
    problemsOf([
      { id: 'a', subjects: ['b'] },
      { id: 'b', subjects: ['a'] },
    ]),
  ).toEqual([]);
});

test('a process without a gateway says that it has no use for them', () => {
  expect(problemsOf([{ id: 'a' }], { role: 'control' })).toEqual([
    expect.stringContaining('consumers: this process has no gateway that could know them'),
  ]);
});
