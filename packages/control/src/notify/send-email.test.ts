import type { EmailConfig } from '@sluice/model';
import { deploymentsConfig } from '@sluice/model';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '@sluice/service';
import { noticeMessage } from './notice-message.ts';
import { sendEmail } from './send-email.ts';
import { eventOf, runningDeployment } from './testing/events.ts';

const message = noticeMessage(eventOf('rolledBack'), runningDeployment())!;
const abort = new AbortController();
let server: SMTPServer | undefined;
let mails: { from: string; to: string[]; user: unknown; isSecure: boolean; content: string }[];

afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(resolve)));
  server = undefined;
});

/** Starts a real SMTP server that keeps what it gets; resolves with what reaches it. */
async function startServer(options: SMTPServerOptions): Promise<Pick<EmailConfig, 'host' | 'port'>> {
  mails = [];
  server = new SMTPServer({
    logger: false,
    authOptional: true,
    // A client that gave up leaves its connection behind.
    closeTimeout: 100,
    onData: (stream, { envelope, user, secure }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, user, isSecure: secure, content: Buffer.concat(chunks).toString() });
        done();
      });
    },
    ...options,
  });
  // What a client does that does not trust the certificate.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { host: 'localhost', port: (listening.address() as AddressInfo).port };
}

function emailConfig(more: object): EmailConfig {
  const rest = { from: 'sluice@example.com', to: ['anna@example.com', 'bert@example.com'] };
  return deploymentsConfig.parse({ email: { ...rest, ...more } }).email!;
}

function send(more: object): Promise<void> {
  const context = { clock: systemClock, signal: abort.signal };
  return sendEmail(emailConfig(more), { id: 'orders-abc123-000003-email', message }, context);
}

test('one mail says what happened, to all', async () => {
  const where = await startServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
  await send({ ...where, requireTls: false });
  expect(mails).toMatchObject([{ from: 'sluice@example.com', to: ['anna@example.com', 'bert@example.com'] }]);
  const content = mails[0]?.content.replaceAll('=\r\n', '') ?? '';
  expect(content).toContain('Subject: [Sluice] orders: rolled back (Production)\r\n');
  expect(content).toContain('Message-ID: <orders-abc123-000003-email@example.com>\r\n');
  expect(content).toContain('Date: Mon, 05 Jan 2026 10:00:02 +0000\r\n');
  expect(content).toContain('Auto-Submitted: auto-generated\r\n');
  expect(content.slice(content.indexOf('\r\n\r\n')).trim().split('\r\n')).toEqual([
    'It is rolledBack.',
    '',
    'Deployment   orders-abc123',
    'Routes       orders 2.0',
    'Strategy     Canary',
    'Environment  Production',
    'Status       InProgress',
    'Share        10 %',
    'By           sluice',
    'At           2026-01-05T10:00:02.000Z',
    'Reason       faster',
    'Verdict      Not enough was seen.',
  ]);
});

test('a server without TLS gets nothing unless that is allowed', async () => {
  const where = await startServer({ disabledCommands: ['STARTTLS'] });
  await expect(send(where)).rejects.toThrow(/^the mail was not accepted \(ETLS/);
  expect(mails).toEqual([]);
});

test('a server whose certificate nobody vouches for gets nothing', async () => {
  const where = await startServer({});
  await expect(send({ ...where, username: 'anna', password: 'hunter2' })).rejects.toThrow(
    /^the mail was not accepted \(E/,
  );
  expect(mails).toEqual([]);
});

test('a password goes to a server that is known, under TLS only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-'));
  const trusted = getCACertificates('default');
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
    const args = ['req', '-x509', ...key, '-days', '2', ...subject, '-out', 'cert.pem'];
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const files = { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')) };
    setDefaultCACertificates([...trusted, files.cert.toString()]);
    const where = await startServer({
      ...files,
      authOptional: false,
      onAuth: ({ username, password }, _session, done) =>
        password === 'hunter2' ? done(null, { user: username }) : done(new Error(`hunter3 is wrong`)),
    });
    await send({ ...where, username: 'anna', password: 'hunter2' });
    expect(mails).toMatchObject([{ user: 'anna', isSecure: true }]);
    const refused = send({ ...where, username: 'anna', password: 'hunter3' });
    await expect(refused).rejects.toThrow(/^the mail was not accepted \(EAUTH, 535\)$/);
  } finally {
    setDefaultCACertificates(trusted);
    rmSync(folder, { recursive: true });
  }
});

test('a mail that the server takes for some is sent, one that it takes for nobody is not', async () => {
  let refused = ['anna@example.com'];
  const where = await startServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, done) =>
      refused.includes(address) ? done(new Error('nobody of that name')) : done(),
  });
  await send({ ...where, requireTls: false });
  expect(mails).toMatchObject([{ to: ['bert@example.com'] }]);
  refused = ['anna@example.com', 'bert@example.com'];
  await expect(send({ ...where, requireTls: false })).rejects.toThrow('the mail was not accepted (EENVELOPE, 550)');
});

test('nobody there is an error that names no address', async () => {
  // Nobody is given this port by chance, as might happen with that of a server that was stopped.
  await expect(send({ host: 'localhost', port: 1 })).rejects.toThrow(
    /^the mail was not accepted \((?:ECONNREFUSED|ESOCKET)\)$/,
  );
});

test('waits no longer once it is given up', async () => {
  const stopped = new AbortController();
  const where = await startServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: () => stopped.abort(),
  });
  const context = { clock: systemClock, signal: stopped.signal };
  const sending = sendEmail(emailConfig({ ...where, requireTls: false }), { id: 'x', message }, context);
  await expect(sending).rejects.toThrow('given up');
});
