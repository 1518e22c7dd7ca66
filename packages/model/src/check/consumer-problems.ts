import type { ConsumerConfig } from '../config/consumer-config.ts';
import { firstProblems, ProblemList } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import { duplicates } from './duplicates.ts';
import type { Readable } from './readable.ts';

type Place = readonly [text: string | undefined, path: (string | number)[]];

interface ConsumersOfFile {
  readonly role?: string | undefined;
  readonly consumers?: Readable<ConsumerConfig[]> | undefined;
}

/** What two consumers of the file cannot both have: an id, a key, a subject. */
export function consumerProblems({ role, consumers = [] }: ConsumersOfFile): Problem[] {
  if (role === 'control' && consumers.length > 0) return [{ path: ['consumers'], message: withoutGateway }];
  const keys = consumers.flatMap(({ keys: own = [] }, index): Place[] =>
    own.map(({ hash }, key) => [hash, ['consumers', index, 'keys', key, 'hash']]),
  );
  const subjects = consumers.flatMap(({ id, subjects: own = [] }, index): Place[] =>
    own.length === 0
      ? [[id, ['consumers', index, 'id']]]
      : own.map((subject, at) => [subject, ['consumers', index, 'subjects', at]]),
  );
  const ids = duplicates(
    consumers.map(({ id }) => id),
    (index) => ['consumers', index, 'id'],
    'id',
  );
  // Consumers of one id would be reported for their subject, too.
  const reported = new Set(ids.map(({ path }) => path[1]));
  const others = subjects.filter(([, path]) => !reported.has(path[1] ?? ''));
  return firstProblems(ids, twice(keys, 'key'), twice(others, 'subject'));
}

function twice(places: readonly Place[], what: string): Problem[] {
  const first = new Map<string, Place>();
  const problems = new ProblemList();
  for (const place of places) {
    const [text, path] = place;
    if (text === undefined) continue;
    const earlier = first.get(text);
    if (earlier === undefined) first.set(text, place);
    else
      problems.add([
        { path, message: `this ${what} is already used by number ${Number(earlier[1][1]) + 1} of the list` },
      ]);
  }
  return problems.all();
}

const withoutGateway =
  'this process has no gateway that could know them: write them into the files of the gateways, or make them over the API';
