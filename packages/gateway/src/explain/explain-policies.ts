import type { Explanation } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import type { Exchange } from '../forward/exchange.ts';
import { open } from '../policy/forecast.ts';
import type { Forecast, Policy } from '../policy/policy.ts';

type Told = Explanation['policies'][number];

interface ExplainedPolicies {
  readonly policies: Told[];
  /** The answer of a policy; undefined if none answers. */
  readonly answer: Explanation['outcome'] | undefined;
  /** Whether a policy that may answer is open. */
  readonly isOpen: boolean;
}

/** What depends on who sends a request. */
const afterCaller: ReadonlySet<Policy['stage']> = new Set(['authorize', 'limit', 'cache']);

/** The policies in their order, up to the first that answers. */
export async function explainPolicies(exchange: Exchange, policies: readonly Policy[]): Promise<ExplainedPolicies> {
  const told: Told[] = [];
  let answer: ExplainedPolicies['answer'];
  let [isOpen, isCallerOpen] = [false, false];
  for (const policy of policies) {
    const { name, stage } = policy;
    if (answer !== undefined) {
      const explanation = 'a policy before it has answered';
      told.push({ policy: name, stage, outcome: 'notReached', explanation });
      continue;
    }
    const forecast =
      isCallerOpen && afterCaller.has(stage)
        ? open('it depends on who sends the request')
        : await ask(policy, exchange);
    if (forecast.outcome === 'open') [isOpen, isCallerOpen] = [true, isCallerOpen || stage === 'authenticate'];
    const about = forecast.outcome === 'answers' ? aboutAnswer(forecast) : {};
    told.push({ policy: name, stage, outcome: forecast.outcome, ...about, explanation: forecast.explanation });
    if (forecast.outcome !== 'answers') continue;
    const said = { ...about, explanation: `${name} answers: ${forecast.explanation}` };
    answer = isOpen ? { kind: 'open', ...said } : { kind: 'answered', ...said };
  }
  return { policies: told, answer, isOpen };
}

function ask(policy: Policy, exchange: Exchange): Forecast | Promise<Forecast> {
  return policy.explain?.(exchange) ?? open('it is code of your own, which is not run here');
}

function aboutAnswer({ answer }: Extract<Forecast, { outcome: 'answers' }>): Pick<Told, 'status' | 'code'> {
  return 'error' in answer
    ? { status: errorCodes[answer.error].status, code: answer.error }
    : { status: answer.status };
}
