import { NoAnswerError, sendRequest } from '@sluice/service';
import type { OutgoingAnswer } from '@sluice/service';
import { z } from 'zod';
import { noData } from './measurement.ts';
import type { MeasureContext, Measurement, PrometheusGate } from './measurement.ts';

const maxBytes = 1_048_576;

const sample = z.tuple([z.number(), z.string()]);

/** The part of the answer to an instant query that is used. */
const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample.optional() })) }),
      z.object({ resultType: z.enum(['matrix', 'string']) }),
    ]),
  }),
]);

type Answer = z.output<typeof answerSchema>;

/**
 * Asks Prometheus for the current value and compares it. Anything but exactly one finite number is no data: a query that
 * finds nothing must not pass. Does not reject.
 */
export async function measurePrometheus(gate: PrometheusGate, context: MeasureContext): Promise<Measurement> {
  if (context.prometheus === undefined)
    return noData(gate, 'no Prometheus is configured; set deployments.prometheus.url');
  try {
    const read = numberIn(await ask(gate, context.prometheus, context));
    return typeof read === 'number' ? compared(gate, read) : noData(gate, read.why);
  } catch (error) {
    if (error instanceof NoAnswerError) return noData(gate, `Prometheus gave ${error.message}`);
    throw error;
  }
}

/** By POST, because servers limit the length of a URL. */
function ask(
  { query, timeout: timeoutMs }: PrometheusGate,
  { url, bearerToken }: NonNullable<MeasureContext['prometheus']>,
  context: MeasureContext,
): Promise<OutgoingAnswer> {
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  if (bearerToken !== undefined) headers['authorization'] = `Bearer ${bearerToken}`;
  const body = new URLSearchParams({ query, timeout: `${timeoutMs}ms` }).toString();
  const address = `${url.replace(/\/+$/, '')}/api/v1/query`;
  const { signal } = context;
  return sendRequest({ url: address, method: 'POST', headers, body, timeoutMs, maxBytes, signal }, context);
}

function numberIn({ status, body }: OutgoingAnswer): number | { readonly why: string } {
  const answer = parsed(body);
  if (answer?.status === 'error')
    return { why: `Prometheus refused the query (${answer.errorType}): ${line(answer.error)}` };
  if (status !== 200) return { why: `Prometheus answered ${status}` };
  if (answer === undefined) return { why: 'what answered is not Prometheus, or its answer is longer than 1 MB' };
  const { data } = answer;
  if (data.resultType === 'scalar') return finite(data.result[1]);
  if (data.resultType !== 'vector') return { why: `the query gives a ${data.resultType} instead of one number` };
  const [first, ...more] = data.result;
  if (first === undefined) return { why: 'the query finds nothing' };
  if (more.length > 0) return { why: `the query gives ${data.result.length} numbers instead of one; add sum(…)` };
  if (first.value === undefined) return { why: 'the query gives a histogram instead of a number' };
  return finite(first.value[1]);
}

function parsed(body: string): Answer | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(body)).data;
  } catch {
    // The answer is not JSON, so it is not from Prometheus.
    return undefined;
  }
}

/** `NaN`, `+Inf` and `-Inf` result from dividing by zero: there was nothing to measure. */
function finite(text: string): number | { readonly why: string } {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : { why: `the query gives ${line(text)}` };
}

function compared({ name, above, below }: PrometheusGate, value: number): Measurement {
  const gave = `Gate "${name}" gave ${shown(value)}`;
  if (above !== undefined && value > above)
    return { result: 'fail', value, explanation: `${gave}, which is above ${shown(above)}.` };
  if (below !== undefined && value < below)
    return { result: 'fail', value, explanation: `${gave}, which is below ${shown(below)}.` };
  return { result: 'pass', value, explanation: `${gave}, which is within its bounds.` };
}

function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function line(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
