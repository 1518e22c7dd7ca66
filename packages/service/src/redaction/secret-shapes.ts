/** What gives away a secret, whatever it is called. Every search here takes linear time: clients choose the text. */

/** The header of a JWT begins with a brace and a quote, a space or a line break. In Base64 that is one of these. */
const tokenStart = /ey[JA]|ew[ok0]/;
const word = /[\w.-]+/g;
const shortestHeader = 11;
const shortestPayload = 8;

/** Keys of consumers and of the management API, and private keys. */
const key = /(?:slc|sluice)_\w{16,}|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]*-----|$)/g;
/** The digit or sign tells the credentials of "Basic dXNlcg==" from the words of "basic authentication". */
const credentials = /\b(basic|bearer|digest|negotiate|ntlm)\s+(?=\S*[0-9=+/._])[\w.~+/-]{4,}=*/gi;
/** A normalised path has one slash where the address in it had two. */
const userinfo = /([a-z][a-z0-9+.-]{0,20}:\/{1,2})[^\s/]+@/gi;

/** Takes tokens, keys and the credentials of addresses out of a text. */
export function withoutShapes(text: string, hidden: string): string {
  const open = text
    .replaceAll(userinfo, `$1${hidden}@`)
    .replaceAll(key, hidden)
    .replaceAll(credentials, `$1 ${hidden}`);
  return tokenStart.test(open) ? open.replaceAll(word, (run) => withoutToken(run, hidden)) : open;
}

/** A JWT has three parts, and a JWE five of which the second may be empty; an unsigned JWT ends with its second dot. */
function withoutToken(run: string, hidden: string): string {
  const parts = run.split('.');
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const start = part.search(tokenStart);
    const payload = parts[index + 1];
    const isPayload = payload === '' ? parts[index + 2] !== undefined : (payload?.length ?? 0) >= shortestPayload;
    if (start !== -1 && part.length - start >= shortestHeader && isPayload) return run.slice(0, at + start) + hidden;
    at += part.length + 1;
  }
  return run;
}
