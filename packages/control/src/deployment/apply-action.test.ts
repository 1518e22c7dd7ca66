import { describe, expect, test } from 'vitest';
import { ConfigurationConflictError } from '../configuration/index.ts';
import { applyAction } from './apply-action.ts';
import type { Actor, DeploymentAction } from './apply-action.ts';
import { decide } from './decide.ts';
import type { Deployment } from './deployment.ts';
import { ForbiddenActionError } from './errors.ts';
import { begin, facts, planned } from './testing/parts.ts';
import { rollBack } from './endings.ts';
import { ask } from './waiting.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };
const phases = [10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '1m' }));
const at = new Date(begin + 30_000).toISOString();
const running = decide(planned({ strategy: 'Canary', phases }), facts(), begin)!.deployment;

function act(deployment: Deployment, action: DeploymentAction, actor = bert, freeze?: string): Deployment {
  return applyAction(deployment, action, { actor, at, freeze }).deployment;
}

describe('approval', () => {
  const waiting = planned({ strategy: 'Canary', phases, environment: 'Production' }, ['Production']);

  test('another person than the author approves', () => {
    const approved = act(waiting, { kind: 'approve', reason: 'looks good' });
    expect(approved).toMatchObject({
      status: 'Pending',
      approval: { status: 'Approved', by: 'bert', reason: 'looks good' },
    });
    expect(approved.waitingFor).toBeUndefined();
  });

  test('the author does not', () => {
    expect(() => act(waiting, { kind: 'approve' }, anna)).toThrow(ForbiddenActionError);
  });

  const [one, other] = [anna, bert].map(({ name }) => ({ id: `id of ${name}`, name }));
  const byHand = (person: { name: string; id: string }): Actor => ({ ...bert, ...person, person });
  const byKeyOf = (person: { name: string; id: string } | undefined, name = 'ci'): Actor => {
    return { kind: 'apiKey', name, id: 'key', person, isAdmin: false };
  };
  const approve = { kind: 'approve' } as const;
  const madeBy = (author: Actor): Deployment => ({ ...waiting, author });

  test('an API key is the person whose it is, whatever its name, in both directions', () => {
    expect(() => act(madeBy(byHand(one)), approve, byKeyOf(one))).toThrow(ForbiddenActionError);
    expect(() => act(madeBy(byKeyOf(one)), approve, byHand(one))).toThrow('ci of anna created');
    expect(() => act(madeBy(byKeyOf(one)), approve, byKeyOf(one, 'another'))).toThrow(ForbiddenActionError);
    expect(act(madeBy(byKeyOf(one)), approve, byKeyOf(other)).status).toBe('Pending');
    expect(act(madeBy(byHand(one)), approve, byKeyOf(other, 'anna')).status).toBe('Pending');
    expect(act(madeBy(byKeyOf(other, 'anna')), approve, byHand(one)).status).toBe('Pending');
  });

  test('another person of the same name is another person', () => {
    expect(act(madeBy(byHand(one)), approve, byHand({ ...one, id: 'new' })).status).toBe('Pending');
  });

  test('an API key that is nobody’s approves nothing; what it deploys, a person approves', () => {
    expect(act(madeBy(byKeyOf(undefined)), approve, byHand(one)).status).toBe('Pending');
    for (const author of [byHand(one), byKeyOf(one), byKeyOf(undefined, 'other')]) {
      expect(() => act(madeBy(author), approve, byKeyOf(undefined))).toThrow('the API key ci belongs to nobody');
    }
  });

  test('deployments of older versions know their authors by name', () => {
    const byUser = { ...waiting, author: { kind: 'user', name: 'Anna' } as const };
    const byKey = { ...waiting, author: { kind: 'apiKey', name: 'ci' } as const, behind: 'anna' };
    for (const older of [byUser, byKey]) {
      expect(() => act(older, approve, byHand(one))).toThrow(ForbiddenActionError);
      expect(() => act(older, approve, byKeyOf(one))).toThrow(ForbiddenActionError);
      expect(act(older, approve, byKeyOf(other, 'anna')).status).toBe('Pending');
    }
  });

  test('a rejection calls it off', () => {
    expect(act(waiting, { kind: 'reject', reason: 'not on a Friday' })).toMatchObject({
      status: 'Cancelled',
      approval: { status: 'Rejected' },
      rollbackReason: 'rejected by bert: not on a Friday',
    });
  });

  test.each(['promote', 'pause', 'resume'] as const)('nothing else is done before: %s', (kind) => {
    expect(() => act(waiting, { kind })).toThrow(ConfigurationConflictError);
  });
});

describe('promotion', () => {
  test('goes to the next phase, and from the last to the end', () => {
    const second = act(running, { kind: 'promote' });
    expect(second).toMatchObject({ percentage: 50, currentPhaseIndex: 1 });
    const third = act(second, { kind: 'promote' });
    expect(act(third, { kind: 'promote' })).toMatchObject({ status: 'Completed', percentage: 100 });
  });

  test('goes straight to a share, past the phases below it', () => {
    const promoted = act(running, { kind: 'promote', targetPercentage: 70 });
    expect(promoted).toMatchObject({ percentage: 70, currentPhaseIndex: 1, epoch: 2 });
    const within = act(running, { kind: 'promote', targetPercentage: 30 });
    expect(within).toMatchObject({ percentage: 30, currentPhaseIndex: 0, epoch: 2 });
    expect(act(within, { kind: 'promote' })).toMatchObject({ percentage: 50 });
    expect(act(running, { kind: 'promote', targetPercentage: 100 }).status).toBe('Completed');
  });

  test('a share never gets smaller: users who have the candidate would lose it', () => {
    expect(() => act(running, { kind: 'promote', targetPercentage: 10 })).toThrow('its share only grows');
    const high = act(running, { kind: 'promote', targetPercentage: 70 });
    const on = decide({ ...high, paused: undefined }, facts(), begin + 1)?.deployment ?? high;
    expect(on.percentage).toBe(70);
  });

  test('answers what it was asked by a paused one, and goes on', () => {
    const asking = ask(running, 'not enough requests', { at, by: 'sluice' }).deployment;
    expect(act(asking, { kind: 'promote' })).toMatchObject({ status: 'InProgress', percentage: 50 });
    const later = new Date(begin + 90_000).toISOString();
    const paused = { actor: bert, at: later, freeze: undefined };
    const within = applyAction(asking, { kind: 'promote', targetPercentage: 20 }, paused).deployment;
    // The time that it waited for an answer does not count towards the phase.
    expect(within.phases[0].pausedMs).toBe(60_000);
    expect(act(asking, { kind: 'promote', targetPercentage: 20 })).toMatchObject({
      status: 'InProgress',
      percentage: 20,
    });
  });

  test('not in a freeze, unless it is an emergency', () => {
    expect(() => act(running, { kind: 'promote' }, bert, 'frozen')).toThrow('cannot continue now');
    const urgent = { ...running, settings: { ...running.settings, emergency: true } };
    expect(act(urgent, { kind: 'promote' }, bert, 'frozen').percentage).toBe(50);
  });

  test('a phase that another person has to approve is not passed by', () => {
    const guarded = [{ trafficPercentage: 10 }, { trafficPercentage: 50, approval: true }, { trafficPercentage: 100 }];
    const deployment = decide(planned({ strategy: 'Canary', phases: guarded }), facts(), begin)!.deployment;
    for (const targetPercentage of [50, 70, 100]) {
      expect(() => act(deployment, { kind: 'promote', targetPercentage })).toThrow('needs an approval');
    }
    const asked = act(deployment, { kind: 'promote' });
    expect(asked).toMatchObject({ status: 'AwaitingApproval', percentage: 10 });
    expect(() => act(asked, { kind: 'approve' }, anna)).toThrow(ForbiddenActionError);
    expect(act(asked, { kind: 'approve' })).toMatchObject({ status: 'InProgress', percentage: 50 });
  });
});

describe('pause and resume', () => {
  test('the time of a pause does not count towards the phase', () => {
    const paused = act(running, { kind: 'pause' });
    expect(paused.status).toBe('Paused');
    const later = new Date(begin + 90_000).toISOString();
    const resumed = applyAction(paused, { kind: 'resume' }, { actor: bert, at: later, freeze: undefined }).deployment;
    expect(resumed).toMatchObject({ status: 'InProgress', phases: [{ pausedMs: 60_000 }, {}, {}] });
  });

  test('only what runs is paused, only what is paused is resumed', () => {
    expect(() => act(running, { kind: 'resume' })).toThrow(ConfigurationConflictError);
    expect(() => act(act(running, { kind: 'pause' }), { kind: 'pause' })).toThrow(ConfigurationConflictError);
  });
});

describe('the end', () => {
  const actions: DeploymentAction[] = [
    { kind: 'approve' },
    { kind: 'reject', reason: 'no' },
    { kind: 'promote' },
    { kind: 'promote', targetPercentage: 100 },
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'rollback', reason: 'no' },
  ];

  test.each(actions)('nothing is done to what has ended: $kind', (action) => {
    const ended = rollBack(running, 'enough', { at, by: 'bert' }).deployment;
    expect(() => act(ended, action)).toThrow('has ended');
  });

  test('one that has not begun is called off, not rolled back', () => {
    expect(act(planned({ strategy: 'Canary' }), { kind: 'rollback', reason: 'typo' }).status).toBe('Cancelled');
    expect(act(running, { kind: 'rollback', reason: 'typo' })).toMatchObject({ status: 'RolledBack', endedBy: 'bert' });
  });
});
