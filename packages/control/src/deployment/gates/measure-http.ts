import { NoAnswerError, sendRequest } from '@sluice/service';
import type { OutgoingAnswer } from '@sluice/service';
import { noData } from './measurement.ts';
import type { HttpGate, MeasureContext, Measurement } from './measurement.ts';

/** The expected text has to be within so many bytes. */
const maxBytes = 1_048_576;

/** Asks a server. Its answer is never shown, because it may contain anything. Does not reject. */
export async function measureHttp(gate: HttpGate, context: MeasureContext): Promise<Measurement> {
  try {
    const { url, timeout: timeoutMs } = gate;
    return judged(
      gate,
      await sendRequest({ url, method: 'GET', timeoutMs, maxBytes, signal: context.signal }, context),
    );
  } catch (error) {
    if (error instanceof NoAnswerError) return noData(gate, error.message);
    throw error;
  }
}

function judged({ name, expectedStatusCode, expectedBody }: HttpGate, { status, body }: OutgoingAnswer): Measurement {
  const value = status;
  if (status !== expectedStatusCode) {
    const explanation = `Gate "${name}" answered ${status} instead of ${expectedStatusCode}.`;
    return { result: 'fail', value, explanation };
  }
  if (expectedBody !== undefined && !body.includes(expectedBody))
    return { result: 'fail', value, explanation: `Gate "${name}" answered ${status} without the expected text.` };
  return { result: 'pass', value, explanation: `Gate "${name}" answered ${status} as expected.` };
}
