import { errorCodes } from '@sluice/model/errors';
import type { Forecast, PolicyAnswer } from './policy.ts';

/** The request passes. */
export function passes(explanation: string): Forecast {
  return { outcome: 'passes', explanation };
}

/** The policy would answer; undefined says that the request passes. */
export function forecastOf(answer: PolicyAnswer | void, explanation: string): Forecast {
  return answer === undefined ? passes(explanation) : answers(answer);
}

/** The policy answers. The sentence is what the answer says, unless there is a better one. */
export function answers(answer: PolicyAnswer, explanation = sentenceOf(answer)): Forecast {
  return { outcome: 'answers', answer, explanation };
}

/** Nobody knows before it is tried. */
export function open(explanation: string): Forecast {
  return { outcome: 'open', explanation };
}

function sentenceOf(answer: PolicyAnswer): string {
  if (!('error' in answer)) return `answers with status ${answer.status}`;
  return answer.reason ?? answer.details?.join('; ') ?? errorCodes[answer.error].message;
}
