import type { Check, Examination } from './check.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './finding.ts';

const { ok, warn, fail } = findingsOf('clock');

/** The Date header has whole seconds, so less than this says nothing; in milliseconds. */
const noticeable = 2_000;
/** Sessions and certificates begin to be refused; in milliseconds. */
const harmful = 60_000;
/** No machine of today is earlier: its clock was never set. */
const sluiceMade = Date.UTC(2025, 0, 1);
const advice =
  'let the clock be kept by NTP (timedatectl set-ntp true): sessions, certificates and the audit log go by it';

/** Whether the clock is right, as far as others can tell, and runs forward. */
export const checkClock: Check = {
  name: 'clock',
  async run(examination) {
    const { instruments } = examination;
    const now = instruments.wallClock();
    if (now < sluiceMade) return [fail(`the clock says ${new Date(now).toISOString()}: it is not set`, advice)];
    const [first, second] = [instruments.monotonicClock(), instruments.monotonicClock()];
    const findings: Finding[] =
      second < first ? [fail('the monotonic clock runs backwards', 'see to the virtual machine')] : [];
    for (const { whose, aheadMs } of await othersAhead(examination)) findings.push(compare(whose, aheadMs));
    if (findings.length === 0) findings.push(ok(`${new Date(now).toISOString()}; there is nobody to compare it with`));
    return findings;
  },
};

interface Other {
  readonly whose: string;
  /** How far its clock is ahead of ours. */
  readonly aheadMs: number;
}

/** The clocks of others. Who cannot be reached is told of by the checks of its own. */
async function othersAhead({ config, instruments }: Examination): Promise<Other[]> {
  const { redis, node, role } = config;
  const questions: Promise<Other>[] = [];
  if (redis !== undefined) {
    questions.push(
      instruments.probeRedis(redis.url).then(({ clockAheadMs }) => ({ whose: 'Redis', aheadMs: clockAheadMs })),
    );
  }
  for (const url of role === 'gateway' ? node.controlUrls : []) {
    questions.push(
      // A time of whole seconds is half a second behind on average.
      instruments.askControl(url, node).then((time) => ({ whose: url, aheadMs: time + 500 - instruments.wallClock() })),
    );
  }
  const answers = await Promise.allSettled(questions);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

function compare(whose: string, aheadMs: number): Finding {
  const off = Math.abs(aheadMs);
  if (off < noticeable) return ok(`agrees with ${whose}`);
  const message = `${(off / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} ${whose}`;
  return off < harmful ? warn(message, advice) : fail(message, advice);
}
