// What is a target, and when has it failed?

/** How inputs are made from seeds: as ASN.1, as text, or as bytes of no known shape. */
export type Shape = 'der' | 'pem' | 'text' | 'bytes';

export interface Target {
  readonly name: string;
  readonly shape: Shape;
  /** Larger inputs are not made: where a parser has a limit, a little above it. */
  readonly maxBytes: number;
  readonly seeds: readonly Uint8Array[];
  /**
   * Reads one input. Gives what came of it, in words without numbers: an input with a new outcome becomes a seed. Throws
   * whatever must not happen.
   */
  readonly run: (input: Uint8Array) => string;
}

/** A rule of the target is broken. Every other error that leaves `run` is one that the code let out. */
export class Broken extends Error {
  readonly rule: string;

  constructor(rule: string, detail = '') {
    super(detail === '' ? rule : `${rule}: ${detail}`);
    this.name = 'Broken';
    this.rule = rule;
  }
}

export function mustBe(holds: boolean, rule: string, detail?: () => string): void {
  if (!holds) throw new Broken(rule, detail?.());
}

/** An outcome without the numbers in it: index, offset, octet. */
export function shapeOf(message: string): string {
  return message
    .slice(0, 200)
    .replace(/0x[0-9a-f]+/g, '0x#')
    .replace(/\d+(\.\d+)*/g, '#');
}
