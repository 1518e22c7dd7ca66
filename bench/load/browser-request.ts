/** The header lines, beside Host, that Chrome sends with a navigation: 13 with Host, about 760 bytes with the request line. */
export const browserHeaders: Readonly<Record<string, string>> = {
  Connection: 'keep-alive',
  'sec-ch-ua': '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
  Cookie:
    'session=3f9c1b7e5d2a48c6a0e4b1d97f3c5a28; theme=dark; consent=1%7C20260114; visitor=8d1f0a6e2c7b4935; cart=0; ref=campaign-autumn-2026-newsletter-17',
};

/** The bytes of one request as a browser would send it, for 127.0.0.1, with these headers more; `body` makes it a POST. */
export function browserRequest(
  port: number,
  path: string,
  {
    body,
    headers = {},
  }: { readonly body?: string | undefined; readonly headers?: Readonly<Record<string, string>> } = {},
): string {
  const lines = Object.entries({ ...browserHeaders, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join('')}`;
  if (body === undefined) return `GET ${head}\r\n`;
  return `POST ${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
