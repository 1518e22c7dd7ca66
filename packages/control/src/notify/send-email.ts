import type { EmailConfig } from '@sluice/model';
import { kindOf } from './notice-message.ts';
import type { NoticeMessage } from './notice-message.ts';
import { SendError } from './outgoing.ts';
import type { Outgoing, SendContext } from './outgoing.ts';

const timeoutMs = 15_000;

/** Sends one e-mail to all recipients. Rejects with a SendError unless the server accepts it for at least one of them. */
export async function sendEmail(config: EmailConfig, { id, message }: Outgoing, context: SendContext): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const { host, port, secure, requireTls, username, password, from, to } = config;
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: requireTls && !secure,
    ...(username !== undefined && { auth: { user: username, pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const sending = transport.sendMail({
    from,
    to,
    subject: subjectOf(message),
    text: textOf(message),
    date: new Date(message.timestamp),
    // The same at every try, so that mail servers recognise a mail that comes twice.
    messageId: `<${id}@${from.split('@').at(-1)}>`,
    headers: { 'auto-submitted': 'auto-generated' },
  });
  try {
    const { rejected } = await unlessAborted(sending, context.signal);
    // When it was accepted for some, it is not sent again: those would get it twice.
    if (rejected.length === to.length) throw new SendError('the server accepts mail for none of the recipients');
  } catch (error) {
    throw error instanceof SendError ? error : new SendError(reasonOf(error));
  } finally {
    transport.close();
  }
}

function subjectOf(message: NoticeMessage): string {
  const { data } = message;
  const happened = kindOf(message).replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `[Sluice] ${data.routes.map(({ name }) => name).join(', ')}: ${happened} (${data.environment})`;
}

function textOf({ timestamp, data }: NoticeMessage): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Deployment', data.deploymentId],
    ['Routes', data.routes.map(({ name, configVersion }) => `${name} ${configVersion}`).join(', ')],
    ['Strategy', data.strategy],
    ['Environment', data.environment],
    ['Status', data.status],
    ['Share', `${data.percentage} %`],
    ['By', data.by],
    ['At', timestamp],
    ['Reason', data.reason],
    ['Verdict', data.verdict?.explanation],
  ];
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(13)}${value}`]));
  return `${data.text}\n\n${lines.join('\n')}\n`;
}

/** Stops waiting when it is aborted; nodemailer cannot be aborted, and runs into its timeout. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new SendError('given up'));
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** The code only: the text of the server may repeat what was sent, such as a password. */
function reasonOf(error: unknown): string {
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
  const parts = [typeof code === 'string' ? code : '', typeof responseCode === 'number' ? String(responseCode) : ''];
  const known = parts.filter((part) => /^[\w-]{1,32}$/.test(part));
  return known.length === 0 ? 'the mail was not accepted' : `the mail was not accepted (${known.join(', ')})`;
}
