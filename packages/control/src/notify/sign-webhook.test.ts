import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
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
