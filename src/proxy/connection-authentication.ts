// Does a message authenticate the connection it travels on, and not only the request?

/**
 * NTLM, and Negotiate which may turn into it, prove who somebody is once per connection (RFC 4559 section 4); whoever
 * sends on that connection next is taken for the same person.
 */
const SCHEME = /(?:^|,)[ \t]*(?:ntlm|negotiate)(?=[ \t,]|$)/i;

export function authenticatesConnection(requestHeaders: readonly string[]): boolean {
  return hasScheme(requestHeaders, 'authorization');
}

export function offersConnectionAuthentication(answerHeaders: readonly string[]): boolean {
  return hasScheme(answerHeaders, 'www-authenticate');
}

function hasScheme(raw: readonly string[], field: string): boolean {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (name.length === field.length && name.toLowerCase() === field && SCHEME.test(raw[i + 1] ?? '')) return true;
  }
  return false;
}
