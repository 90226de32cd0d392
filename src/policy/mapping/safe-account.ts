// May this text be an account name that a certificate chose?

/** As long as the directory allows. */
export const MAX_ACCOUNT_LENGTH = 256;

/**
 * Words of ASCII letters, digits and . _ @ + : / ~ ' $ - with single spaces between them. Account names go into headers,
 * logs and conditions: nothing here separates, quotes or escapes in any of them, is a wildcard, looks like another
 * letter, or cannot be seen.
 */
const SAFE = /^[A-Za-z0-9._@+:/~'$-]+( [A-Za-z0-9._@+:/~'$-]+)*$/;

export function isSafeAccount(text: string): boolean {
  return text.length <= MAX_ACCOUNT_LENGTH && SAFE.test(text);
}
