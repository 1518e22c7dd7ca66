import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import type { Deployment } from './deployment.ts';
import { desiredRoutes } from './desired-routes.ts';
import type { Facts, NodeFacts } from './facts.ts';
import { begin, facts, node, planned, verdictOf } from './testing/parts.ts';
import { rollBack } from './endings.ts';
import type { Verdict } from './judge/index.ts';
import { pause } from './waiting.ts';

const minute = 60_000;
const canary = {
  strategy: 'Canary',
  phases: [10, 50, 100].map((share) => ({ trafficPercentage: share, duration: '1m' })),
};
const cause = { at: new Date(begin).toISOString(), by: 'anna' };

describe('a deployment that has not begun', () => {
  test('begins with its first phase', () => {
    const started = next(planned(canary));
    expect(started).toMatchObject({ status: 'InProgress', percentage: 10, currentPhaseIndex: 0, epoch: 1 });
  });

  test.each([
    ['another deployment', { blockedBy: 'Waits for deployment a to end.' }],
    ['a freeze', { freeze: 'The freeze "Christmas" holds until January.' }],
    ['a stopped line', { freeze: 'The line is stopped by anna.' }],
  ])('waits for %s, and says so once', (_what, more) => {
    const waiting = next(planned(canary), facts(more));
    expect(waiting).toMatchObject({ status: 'Pending', waitingFor: Object.values(more)[0] });
    expect(decide(waiting, facts(more), begin)).toBeUndefined();
    expect(next(waiting)).toMatchObject({ status: 'InProgress' });
    expect(next(waiting)).not.toHaveProperty('waitingFor');
  });

  test('in an emergency waits for no freeze and no stopped line', () => {
    const urgent = planned({ ...canary, emergency: true, reason: 'the shop is down' });
    expect(next(urgent, facts({ freeze: 'frozen' })).status).toBe('InProgress');
  });

  test('does nothing before it is approved', () => {
    const waiting = planned({ ...canary, environment: 'Production' }, ['Production']);
    expect(waiting.status).toBe('AwaitingApproval');
    expect(decide(waiting, facts(), begin)).toBeUndefined();
  });

  test('Direct is over at once where no node is live', () => {
    const alone = facts({ nodes: [node('n1', { live: false })] });
    expect(next(planned({ strategy: 'Direct' }), alone)).toMatchObject({ status: 'Completed', percentage: 100 });
  });
});

describe('a direct deployment', () => {
  const at = (revision: number, more: Partial<NodeFacts> = {}) => node('n1', { revision, ...more });
  const settling = next(planned({ strategy: 'Direct' }), facts({ revision: 7, nodes: [at(7)] }));

  test('serves at once, and completes when every live node runs it', () => {
    expect(settling).toMatchObject({ status: 'InProgress', percentage: 100, step: { kind: 'settling', revision: 7 } });
    const seen = (...nodes: Facts['nodes']) => facts({ revision: 9, nodes });
    const waiting = next(settling, seen(at(8), at(7, { nodeId: 'late' })));
    expect(waiting).toMatchObject({ status: 'InProgress', waitingFor: 'Waits for late to run it.' });
    const gone = [at(7, { nodeId: 'late', live: false }), at(7, { nodeId: 'ending', state: 'draining' })];
    expect(next(waiting, seen(at(8), ...gone))).toMatchObject({ status: 'Completed' });
    // It changed nothing, so that there is no newer revision.
    expect(next(settling, facts({ revision: 7, nodes: [at(7)] }))).toMatchObject({ status: 'Completed' });
  });

  test('asks when a node does not come along', () => {
    const late = facts({ revision: 9, nodes: [at(7)] });
    expect(next(settling, late, begin + 1000 * minute)).toMatchObject({ status: 'Paused', paused: { asks: true } });
  });

  test('fails when a node cannot run what it brought, and what served before is put back', () => {
    const faults = ['backend b of route shop: tls.caFile: cannot be read'];
    const failed = next(settling, facts({ revision: 8, nodes: [at(8, { faults })] }), begin + 1);
    expect(failed).toMatchObject({ status: 'Failed', percentage: 0 });
    expect(failed.rollbackReason).toContain(faults[0]);
    const [{ routeId, candidate }] = settling.routes;
    const stable = { ...candidate, version: 'before' };
    const desired = (routes: Deployment['routes'], current: object = candidate) =>
      desiredRoutes({ ...failed, routes }, () => ({ document: current }) as never)[0].document;
    expect(desired([{ ...settling.routes[0], stable }])).toEqual(stable);
    // A new one has nothing before it.
    expect(desired([{ routeId, configVersion: '2', candidate }])).toEqual({ ...candidate, isEnabled: false });
    // Whoever changed it since has the last word.
    expect(desired([{ ...settling.routes[0], stable }], { version: 'other' })).toEqual({ version: 'other' });
  });
});

test('a canary whose candidate a node cannot run fails, whatever it is at', () => {
  const faults = ['backend b of route shop: tls.ca: cannot be read'];
  expect(next(next(planned(canary)), facts({ nodes: [node('n1', { faults })] }))).toMatchObject({ status: 'Failed' });
});

describe('a canary', () => {
  const running = next(planned(canary));

  test('stays in its phase until the time is over, however good it looks', () => {
    expect(decide(running, facts({ verdict: verdictOf('promote') }), begin + minute - 1)).toBeUndefined();
  });

  test('goes on when the time is over and the numbers are good, and completes at the end', () => {
    const good = facts({ verdict: verdictOf('promote') });
    const second = next(running, good, begin + minute);
    expect(second).toMatchObject({ percentage: 50, currentPhaseIndex: 1, epoch: 2 });
    const third = next(second, good, begin + 2 * minute);
    expect(third).toMatchObject({ percentage: 100, currentPhaseIndex: 2 });
    const done = next(third, good, begin + 3 * minute);
    expect(done).toMatchObject({ status: 'Completed', percentage: 100 });
    expect(done.phases.map(({ status }) => status)).toEqual(['Completed', 'Completed', 'Completed']);
    expect(decide(done, facts({ verdict: verdictOf('rollBack') }), begin + 4 * minute)).toBeUndefined();
  });

  test('trap 1: no data never passes: it waits, and then asks', () => {
    const nothing = facts({ verdict: { ...verdictOf('hold', 'No requests were seen.'), missing: 'requests' } });
    const waiting = next(running, nothing, begin + minute);
    expect(waiting).toMatchObject({ status: 'InProgress', percentage: 10, waitingFor: 'No requests were seen.' });
    const asking = next(waiting, nothing, begin + 6 * minute);
    expect(asking).toMatchObject({ status: 'Paused', percentage: 10, paused: { asks: true } });
    expect(asking.paused?.reason).toContain('No requests were seen.');
    expect(decide(asking, nothing, begin + 60 * minute)).toBeUndefined();
  });

  test('no verdict at all is no data', () => {
    expect(next(running, facts(), begin + minute).waitingFor).toBe('No node has reported anything yet.');
  });

  test.each(['InProgress', 'Paused', 'AwaitingApproval'] as const)('is rolled back while it is %s', (status) => {
    const bad = facts({ verdict: verdictOf('rollBack', 'The candidate fails.'), freeze: 'frozen' });
    const back = next({ ...running, status }, bad);
    expect(back).toMatchObject({ status: 'RolledBack', percentage: 0, rollbackReason: 'The candidate fails.' });
    expect(back.phases[0].status).toBe('RolledBack');
  });

  test('does not move while it is paused, frozen or the line is stopped', () => {
    const good = facts({ verdict: verdictOf('promote') });
    const paused = pause(running, 'lunch', cause).deployment;
    expect(decide(paused, good, begin + 10 * minute)).toBeUndefined();
    for (const held of [{ freeze: 'frozen' }, { freeze: 'stopped' }]) {
      expect(next(running, { ...good, ...held }, begin + minute)).toMatchObject({
        percentage: 10,
        currentPhaseIndex: 0,
      });
    }
  });

  test('waits for a node that does not run it, and then asks: the counts of the others are not all there is', () => {
    const verdict = verdictOf('promote');
    const behind = facts({ verdict, nodes: [node('n1'), node('n2', { epoch: -1 }), node('n3', { live: false })] });
    const waiting = next(running, behind, begin + minute);
    expect(waiting).toMatchObject({ percentage: 10, waitingFor: 'Waits for n2 to run it.' });
    const asking = next(waiting, behind, begin + 6 * minute);
    expect(asking.paused?.reason).toContain('something wrong with n2');
    expect(next(running, facts({ verdict }), begin + minute).percentage).toBe(50);
  });

  test('trap 10: what was rolled back stays so, whatever was decided before', () => {
    const back = rollBack(running, 'no', cause).deployment;
    expect(decide(back, facts({ verdict: verdictOf('promote') }), begin + 10 * minute)).toBeUndefined();
  });

  describe('in a phase without a share', () => {
    const phases = [
      { trafficPercentage: 0, duration: '1m' },
      { trafficPercentage: 100, duration: '0s' },
    ];
    const testers = [
      { header: 'x-tester', value: 'a-secret' },
      { cookie: 'beta', value: '*' },
    ];
    const alone = next(planned({ strategy: 'Canary', phases, testers }));
    const seen = (some: Partial<Verdict['candidate']>): Facts => {
      const hold = verdictOf('hold');
      return facts({ verdict: { ...hold, candidate: { ...hold.candidate, ...some } } });
    };

    test('a single request of a tester is enough: it needs no numbers', () => {
      expect(alone.percentage).toBe(0);
      for (const some of [{ requestCount: 1 }, { aborted: 1 }]) {
        expect(next(alone, seen(some), begin + minute)).toMatchObject({ currentPhaseIndex: 1, percentage: 100 });
      }
    });

    test.each([
      ['nothing was reported', facts()],
      ['nothing was counted', seen({})],
    ])('it waits for the first request of a tester, then asks: %s', (_what, nothing) => {
      const waiting = next(alone, nothing, begin + minute);
      const marks = 'header x-tester or cookie beta';
      expect(waiting).toMatchObject({
        currentPhaseIndex: 0,
        waitingFor: `Waits for the first request of a tester: ${marks}.`,
      });
      const asking = next(waiting, nothing, begin + 6 * minute);
      expect(asking).toMatchObject({ status: 'Paused', paused: { asks: true } });
      expect(asking.paused?.reason).toBe(
        `after 5m more there is still no request of a tester (${marks}): send one and resume, or promote without`,
      );
      expect(JSON.stringify(asking.paused)).not.toContain('a-secret');
    });

    test('it waits for nobody where no testers are configured', () => {
      const nobody = next(planned({ strategy: 'Canary', phases }));
      expect(next(nobody, facts({ verdict: verdictOf('hold') }), begin + minute).percentage).toBe(100);
    });

    test('one that is mirrored needs the numbers of mirrored requests', () => {
      const mirrored = next(planned({ strategy: 'Canary', phases, mirror: { percentage: 10 } }));
      const nothing = facts({ verdict: { ...verdictOf('hold', 'No requests were seen.'), missing: 'requests' } });
      const waiting = next(mirrored, nothing, begin + minute);
      expect(waiting).toMatchObject({ currentPhaseIndex: 0, waitingFor: 'No requests were seen.' });
      expect(next(waiting, nothing, begin + 6 * minute)).toMatchObject({ status: 'Paused', paused: { asks: true } });
      expect(next(waiting, facts({ verdict: verdictOf('promote') }), begin + minute).percentage).toBe(100);
    });
  });

  describe('that goes on beyond its duration', () => {
    const at = (minutes: number): string => new Date(begin + minutes * minute).toISOString();
    const learning = (lastRequestAt: number, more: Verdict['stillOpen'] = { checks: ['latency'] }): Facts =>
      facts({ verdict: { ...verdictOf('hold', 'Not certain.'), stillOpen: more, lastRequestAt: at(lastRequestAt) } });

    test('does so for maxExtension while requests come, and then asks', () => {
      const waiting = next(running, learning(1), begin + minute);
      expect(waiting.waitingFor).toBe('Waits for more requests before it goes on.');
      for (const now of [7, 30, 60]) expect(decide(waiting, learning(now - 1), begin + now * minute)).toBeUndefined();
      const asking = next(waiting, learning(60), begin + 61 * minute);
      expect(asking.paused?.reason).toBe('after 1h more there is still no clear answer. Not certain.');
      expect(next(waiting, facts({ verdict: verdictOf('promote') }), begin + 50 * minute).percentage).toBe(50);
    });

    test('asks when nothing is learned for maxWait, and says how long it has waited', () => {
      const waiting = next(running, learning(1), begin + minute);
      expect(decide(waiting, learning(20), begin + 24 * minute)).toBeUndefined();
      const asking = next(waiting, learning(20), begin + 25 * minute);
      expect(asking.paused?.reason).toMatch(/^after 24m more there is still no clear answer/);
    });

    test('asks after maxWait when minRequests will not come in time, or when it waits for a gate', () => {
      const hopeless = learning(5, { checks: [], moreRequests: 90, moreSeconds: 9_000 });
      expect(next(running, hopeless, begin + 6 * minute)).toMatchObject({ paused: { asks: true } });
      const soon = learning(5, { checks: [], moreRequests: 90, moreSeconds: 900 });
      expect(next(running, soon, begin + 6 * minute).status).toBe('InProgress');
      const gate = facts({ verdict: { ...verdictOf('hold', 'No answer of the gate.'), lastRequestAt: at(6) } });
      expect(next(running, gate, begin + 6 * minute)).toMatchObject({ paused: { asks: true } });
    });
  });

  test('a phase that needs an approval waits for it with the share as it is', () => {
    const phases = [
      { trafficPercentage: 10, duration: '0s' },
      { trafficPercentage: 100, duration: '0s', approval: true },
    ];
    const asked = next(next(planned({ strategy: 'Canary', phases })), facts({ verdict: verdictOf('promote') }));
    expect(asked).toMatchObject({ status: 'AwaitingApproval', percentage: 10, approval: { status: 'Pending' } });
    expect(decide(asked, facts({ verdict: verdictOf('promote') }), begin + 10 * minute)).toBeUndefined();
  });
});

describe('blue-green', () => {
  const warming = next(planned({ strategy: 'BlueGreen', blueGreen: { keepFor: '1m', warmTimeout: '2m' } }));

  test('the candidate gets nothing before every live node has it ready', () => {
    expect(warming).toMatchObject({ percentage: 0, step: { kind: 'warming' } });
    const notYet = facts({
      nodes: [node('n1'), node('n2', { ready: false }), node('n3', { live: false, ready: false })],
    });
    expect(next(warming, notYet)).toMatchObject({
      percentage: 0,
      waitingFor: 'Waits for the candidate to be ready on n2.',
    });
    const unheard = facts({ nodes: [node('n1'), node('n2', { epoch: undefined })] });
    expect(next(warming, unheard).percentage).toBe(0);
    expect(next(warming, facts({ nodes: [node('n1'), node('n2')] }))).toMatchObject({
      percentage: 100,
      currentPhaseIndex: 1,
    });
  });

  test('no live node is not "every node"', () => {
    expect(next(warming, facts({ nodes: [] })).percentage).toBe(0);
  });

  test('fails when the candidate does not become ready, and says what is wrong with it', () => {
    const bad = facts({ nodes: [node('n1', { ready: false, problems: ['GET /health answered 500, not 200'] })] });
    const failed = next(warming, bad, begin + 2 * minute);
    expect(failed).toMatchObject({ status: 'Failed', percentage: 0 });
    expect(failed.rollbackReason).toContain('n1: GET /health answered 500, not 200');
  });

  test('keeps the stable version for as long as it should, then completes', () => {
    const switched = next(warming);
    const good = facts({ verdict: verdictOf('promote') });
    expect(decide(switched, good, begin + minute - 1)).toBeUndefined();
    expect(next(switched, good, begin + minute).status).toBe('Completed');
  });
});

describe('rolling', () => {
  const three = (more: Partial<Facts> = {}): Facts => facts({ nodes: [node('n1'), node('n2'), node('n3')], ...more });
  const rolling = { drain: '2s', verifyFor: '3s', maxUnavailable: 1 };
  const begun = next(planned({ strategy: 'Rolling', rolling }));

  test('one node after the other: drained, changed, watched', () => {
    const seen: string[] = [];
    let deployment = begun;
    for (let now = begin; now < begin + minute && deployment.step?.kind === 'rolling'; now += 1000) {
      deployment = decide(deployment, three(), now)?.deployment ?? deployment;
      if (deployment.step?.kind !== 'rolling') break;
      const { done, turning } = deployment.step;
      expect(turning.length).toBeLessThanOrEqual(1);
      const line = [...done, ...turning.map(({ nodeId, stage }) => `${nodeId} ${stage}`)].join(', ');
      if (seen.at(-1) !== line && line !== '') seen.push(line);
    }
    expect(seen).toEqual([
      'n1 draining',
      'n1 verifying',
      'n1, n2 draining',
      'n1, n2 verifying',
      'n1, n2, n3 draining',
      'n1, n2, n3 verifying',
    ]);
    expect(deployment).toMatchObject({ percentage: 100, step: { kind: 'serving' }, status: 'InProgress' });
    expect(next(deployment, three({ verdict: verdictOf('promote') })).status).toBe('Completed');
  });

  test('a node that is alone is changed without a drain: somebody has to be ready', () => {
    const alone = next(begun, facts());
    expect(alone.step).toMatchObject({ turning: [{ nodeId: 'n1', stage: 'verifying' }] });
  });

  test('a node that is not well holds the others up', () => {
    const sick = three({ nodes: [node('n1', { ready: false }), node('n2'), node('n3')] });
    let deployment = begun;
    for (let now = begin; now < begin + minute; now += 1000)
      deployment = decide(deployment, sick, now)?.deployment ?? deployment;
    expect(deployment.step).toMatchObject({ done: [], turning: [{ nodeId: 'n1', stage: 'verifying' }] });
    expect(deployment.waitingFor).toBe('Waits for n1 to be healthy.');
  });

  test('a person is asked about a node that stays unwell', () => {
    const problems = ['backend a: connection refused'];
    const sick = three({ nodes: [node('n1', { ready: false, problems }), node('n2'), node('n3')] });
    let deployment = begun;
    for (let now = begin; now < begin + 10 * minute && deployment.status === 'InProgress'; now += 1000) {
      deployment = decide(deployment, sick, now)?.deployment ?? deployment;
    }
    expect(deployment).toMatchObject({ status: 'Paused', paused: { asks: true } });
    expect(deployment.paused?.reason).toBe('node n1 does not recover: backend a: connection refused');
  });

  test('a node that dies meanwhile is forgotten, and comes round again when it is back', () => {
    const lost = three({ nodes: [node('n1', { live: false }), node('n2'), node('n3')] });
    const turned = next(begun, three());
    const without = next(turned, lost, begin + 1000);
    expect(without.step).toMatchObject({ turning: [{ nodeId: 'n2' }] });
  });

  test('a node counts as changed only when it runs a later revision than that of the moment it was told', () => {
    const rolled = next(begun, three());
    expect(rolled.step).toMatchObject({ turning: [{ nodeId: 'n1', stage: 'draining', revision: 5 }] });
    const verifying = next(rolled, three({ revision: 9 }), begin + 2000);
    expect(verifying.step).toMatchObject({ turning: [{ nodeId: 'n1', stage: 'verifying', revision: 9 }] });
    const at = begin + 20_000;
    const old = three({ revision: 100, nodes: [node('n1', { revision: 9 }), node('n2'), node('n3')] });
    expect(decide(verifying, old, at)?.deployment.step ?? verifying.step).toMatchObject({ done: [] });
    // Other changes go on all the time: it need not run the very latest.
    const fresh = three({ revision: 100, nodes: [node('n1', { revision: 10 }), node('n2'), node('n3')] });
    expect(next(verifying, fresh, at).step).toMatchObject({ done: ['n1'] });
  });

  test('a person is asked when no node is there', () => {
    const nobody = facts({ nodes: [] });
    const waiting = next(begun, nobody, begin + minute);
    expect(waiting.waitingFor).toBe('Waits for a live node.');
    expect(next(waiting, nobody, begin + 6 * minute)).toMatchObject({ status: 'Paused', paused: { asks: true } });
  });

  test('stops where it is while the line is stopped', () => {
    expect(next(begun, three({ freeze: 'stopped' })).step).toMatchObject({ turning: [] });
  });
});

describe('an A/B test', () => {
  test('runs for as long as it is wanted, then asks', () => {
    const good = facts({ verdict: verdictOf('promote') });
    const open = next(planned({ strategy: 'ABTest' }));
    expect(open.percentage).toBe(50);
    expect(decide(open, good, begin + 1000 * minute)).toBeUndefined();
    const timed = next(planned({ strategy: 'ABTest', abTest: { percentage: 20, duration: '1h' } }));
    expect(decide(timed, good, begin + 59 * minute)).toBeUndefined();
    expect(next(timed, good, begin + 60 * minute)).toMatchObject({
      status: 'Paused',
      paused: { asks: true },
      percentage: 20,
    });
  });
});

function next(deployment: Deployment, seen: Facts = facts(), now = begin): Deployment {
  // Nodes that run the first epoch go along with the deployment.
  const nodes = seen.nodes.map((one) => (one.epoch === 1 ? { ...one, epoch: deployment.epoch } : one));
  const transition = decide(deployment, { ...seen, nodes }, now);
  if (transition === undefined) throw new Error('nothing was decided');
  return transition.deployment;
}
