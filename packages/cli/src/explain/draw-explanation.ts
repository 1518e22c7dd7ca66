import type { Answer } from '@sluice/model/api';
import type { Context } from '../command/command.ts';
import type { Column } from '../terminal/fit-table.ts';
import { printable } from '../terminal/printable.ts';
import { styleFor } from '../terminal/style.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';

type Explanation = Answer<'explainRequest'>;

const routeColumns: readonly Column[] = [
  { title: 'ROUTE' },
  { title: 'RESULT' },
  { title: 'BY', leaveOut: 1 },
  { title: 'WHY', wraps: true },
];
const policyColumns: readonly Column[] = [
  { title: 'POLICY' },
  { title: 'STAGE', leaveOut: 1 },
  { title: 'OUTCOME' },
  { title: 'WHY', wraps: true },
];
const backendColumns: readonly Column[] = [
  { title: 'BACKEND' },
  { title: 'ADDRESS', leaveOut: 2 },
  { title: 'WEIGHT', leaveOut: 4 },
  { title: 'HEALTH' },
  { title: 'BREAKER', leaveOut: 3 },
  { title: 'ACTIVE', leaveOut: 5 },
  { title: 'LATENCY', leaveOut: 1 },
  { title: 'WHY', wraps: true },
];

/** An explanation as text: whole lines. */
export function drawExplanation(explanation: Explanation, context: Context): string {
  const style = styleFor(context.stdout, context.env);
  const parts = [
    requestLines(explanation),
    routesText(explanation, context),
    versionLines(explanation),
    policiesText(explanation, context),
    backendsText(explanation, context),
    settingLines(explanation),
    `${outcomeText(explanation, style)}\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function requestLines({ request, revision, caller }: Explanation): string {
  const by =
    caller === undefined
      ? ''
      : `, known by ${[caller.method, caller.consumerId ?? caller.subject].filter(Boolean).join(': ')}`;
  if (request === undefined) return `revision ${revision}\n`;
  const { method, scheme, host, path, clientAddress } = request;
  return `${printable(`${method} ${scheme}://${host}${path} from ${clientAddress}${by}, revision ${revision}`)}\n`;
}

function routesText({ routes, moreRoutes, parameters = {} }: Explanation, context: Context): string {
  if (routes.length === 0) return '';
  const rows = routes.map(({ route, outcome, by = '', explanation }) => [route, outcomes[outcome], by, explanation]);
  const more = moreRoutes ? 'more routes have this path\n' : '';
  const named = Object.entries(parameters).map(([name, value]) => `{${name}} is ${value}`);
  const told = named.length === 0 ? '' : `${printable(named.join(', '))}\n`;
  return `${table(routeColumns, rows, context)}${more}${told}`;
}

const outcomes = { matched: 'matched', beaten: 'beaten', notMet: 'not met' } as const;

function versionLines({ version }: Explanation): string {
  if (version === undefined) return '';
  const { deploymentId, shares, explanation } = version;
  const which = version.isCertain ? version.version : `${version.version}, or the other`;
  const split = `${shares.stable} % stable, ${shares.candidate} % candidate`;
  return `${printable(`version   ${which} (${split}, deployment ${deploymentId}): ${explanation}`)}\n`;
}

function policiesText({ policies }: Explanation, context: Context): string {
  const rows = policies.map(({ policy, stage, outcome, status, explanation }) => {
    const answered = status === undefined ? 'answers' : `answers ${status}`;
    return [
      policy,
      stage,
      { passes: 'passes', open: 'open', notReached: 'not reached', answers: answered }[outcome],
      explanation,
    ];
  });
  return rows.length === 0 ? '' : table(policyColumns, rows, context);
}

function backendsText({ backends, strategy }: Explanation, context: Context): string {
  if (backends.length === 0) return '';
  const rows = backends.map((one) => [
    one.backend,
    one.authority,
    String(one.weight),
    one.health,
    one.circuitBreaker ?? 'none',
    String(one.activeRequests),
    one.latencyMs === 0 ? '' : milliseconds(one.latencyMs),
    one.explanation,
  ]);
  return `${table(backendColumns, rows, context)}${strategy === undefined ? '' : `strategy  ${strategy}\n`}`;
}

function settingLines({ limits, retry, backends }: Explanation): string {
  if (limits === undefined) return '';
  const [first] = backends;
  const connect = first === undefined ? [] : [`connecting may take ${milliseconds(first.timeouts.connectMs)}`];
  const all = limits.maxDurationMs === 0 ? [] : [`all of it may take ${milliseconds(limits.maxDurationMs)}`];
  const time = [...connect, `the answer has to begin within ${milliseconds(limits.timeoutMs)}`, ...all].join('; ');
  const again =
    retry?.isIdempotent === true ? `also after ${retry.statusCodes.join(', ')}` : 'only before a backend has got it';
  return `time      ${time}\n${retry === undefined ? '' : `retries   at most ${retry.maxAttempts} attempts, ${again}\n`}`;
}

function outcomeText({ outcome }: Explanation, { green, red, yellow, bold }: Style): string {
  const { kind, status, code, explanation } = outcome;
  const paint = { forwarded: green, answered: status !== undefined && status < 400 ? green : red, open: yellow }[kind];
  const answer = [status, code].filter((part) => part !== undefined).join(' ');
  return `${bold('outcome')}   ${paint(kind)}${answer === '' ? '' : ` ${answer}`}: ${printable(explanation)}`;
}

function milliseconds(value: number): string {
  if (value >= 1000) return `${Math.round(value / 100) / 10} s`;
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ms`;
}
