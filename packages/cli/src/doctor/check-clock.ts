import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import { helpersOf } from './helpers-of.ts';
import type { Finding } from './finding.ts';

/** The Date header has whole seconds, so a smaller difference says nothing. */
const noticeableMs = 2_000;
/** From here on sessions and certificates begin to be refused. */
const harmfulMs = 60_000;
/** An earlier time means that the clock was never set. */
const sluiceMade = Date.UTC(2025, 0, 1);
const advice =
  'keep the clock right with NTP (timedatectl set-ntp true): sessions, certificates and the audit log depend on it';

/** Whether the clock runs forward, and agrees with those of Redis, the control processes, and the servers that policies ask. */
export async function checkClock(input: CheckInput): Promise<Finding[]> {
  const { probes } = input;
  const now = probes.wallClock();
  if (now < sluiceMade) return [fail(`the clock says ${new Date(now).toISOString()}: it is not set`, advice)];
  const [first, second] = [probes.monotonicClock(), probes.monotonicClock()];
  const findings: Finding[] =
    second < first ? [fail('the monotonic clock runs backwards', 'check the virtual machine')] : [];
  findings.push(...(await otherClocks(input)).map(compare));
  if (findings.length === 0) findings.push(ok(`${new Date(now).toISOString()}; there is nothing to compare it with`));
  return findings;
}

interface OtherClock {
  readonly whose: string;
  /** How far it is ahead of ours. */
  readonly aheadMs: number;
}

/** The clocks that can be read; the checks of their owners report the rest. */
async function otherClocks({ config, probes, cwd }: CheckInput): Promise<OtherClock[]> {
  const { redis, node, role } = config;
  const urls = role === 'gateway' ? node.controlUrls : [];
  const questions = urls.map(async (url) => {
    // A time of whole seconds is half a second behind on average.
    const time = (await probes.askControl(url, node)) + 500;
    return { whose: url, aheadMs: time - probes.wallClock() };
  });
  // Tokens say when they begin and end by the clock of those who issue them.
  for (const { url, caFile } of role === 'control' ? [] : helpersOf(config.routes)) {
    questions.push(
      probes.askHelper(url, caFile, cwd).then(({ date }) => {
        if (date === undefined) throw new Error('the answer has no date');
        return { whose: new URL(url).host, aheadMs: date + 500 - probes.wallClock() };
      }),
    );
  }
  if (redis !== undefined) {
    questions.unshift(probes.probeRedis(redis).then(({ clockAheadMs }) => ({ whose: 'Redis', aheadMs: clockAheadMs })));
  }
  const answers = await Promise.allSettled(questions);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

function compare({ whose, aheadMs }: OtherClock): Finding {
  const off = Math.abs(aheadMs);
  if (off < noticeableMs) return ok(`agrees with ${whose}`);
  const message = `${(off / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} ${whose}`;
  return off < harmfulMs ? warn(message, advice) : fail(message, advice);
}
