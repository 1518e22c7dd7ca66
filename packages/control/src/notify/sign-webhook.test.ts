import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { signWebhook } from './sign-webhook.ts';

const timestamp = Math.floor(Date.now() / 1000);
const content = { id: 'msg_1', timestamp, body: '{"type":"deployment.completed"}' };

function headers(signature: string): Record<string, string> {
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
}

test('the library of Standard Webhooks accepts a signature by a whsec_ secret', () => {
  const secret = `whsec_${Buffer.from('a key of thirty-two random bytes').toString('base64')}`;
  const verified = new Webhook(secret).verify(content.body, headers(signWebhook(content, secret)));
  expect(verified).toEqual({ type: 'deployment.completed' });
});

test('it accepts a signature by a secret that is plain text, when it is told so', () => {
  const secret = 'just a long sentence';
  const receiver = new Webhook(secret, { format: 'raw' });
  expect(receiver.verify(content.body, headers(signWebhook(content, secret)))).toBeTypeOf('object');
  expect(() => receiver.verify(`${content.body} `, headers(signWebhook(content, secret)))).toThrow(
    'No matching signature',
  );
});

test('the code in docs/notices.md that verifies a webhook takes what Sluice signs, and nothing else', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/notices.md'), 'utf8');
  const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'verify-webhook-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'verify.mjs'), code);
  const { verifyWebhook } = (await import(join(folder, 'verify.mjs'))) as {
    verifyWebhook(headers: Record<string, string>, body: string, secret: string): unknown;
  };
  const body = '{"type":"deployment.completed"}';
  const send = (secret: string, at: number) => {
    const signature = signWebhook({ id: 'an-id', timestamp: at, body }, secret);
    return { 'webhook-id': 'an-id', 'webhook-timestamp': String(at), 'webhook-signature': signature };
  };
  const now = Math.floor(Date.now() / 1000);
  const secret = `whsec_${Buffer.from('a key of thirty-two random bytes').toString('base64')}`;
  expect(verifyWebhook(send(secret, now), body, secret)).toEqual({ type: 'deployment.completed' });
  expect(() => verifyWebhook(send(secret, now), `${body} `, secret)).toThrow('signature');
  expect(() => verifyWebhook(send('another secret text', now), body, secret)).toThrow('signature');
  expect(() => verifyWebhook(send(secret, now - 3600), body, secret)).toThrow('old');
  expect(() => verifyWebhook({}, body, secret)).toThrow('signature');
});
