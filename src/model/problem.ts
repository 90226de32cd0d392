// One thing that is wrong with the configuration or a file it names. Collected, never thrown one by one.

export interface Problem {
  /** `error` stops start and reload; `warning` is said and lived with. */
  readonly severity: 'error' | 'warning';
  /** The file that holds the mistake, as given. */
  readonly file: string;
  /** 1-based; undefined where the whole file is meant. */
  readonly line?: number;
  readonly column?: number;
  /** Where in the configuration: `sites[0].paths./admin.allow`. */
  readonly path?: string;
  /** What is wrong: what was found and what was expected. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}
