// Members of a JSON object as text, each with a comma before it.

/** What stands in JSON as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** `name`: plain itself. */
export function member(name: string, value: string): string {
  return PLAIN.test(value) ? `,"${name}":"${value}"` : `,"${name}":${JSON.stringify(value)}`;
}

/** Nothing where there is no value. */
export function optionalMember(name: string, value: string | undefined): string {
  return value === undefined ? '' : member(name, value);
}
