// Problems as text for the command line.

import type { Problem } from '../model/problem.ts';

/** One block per problem: place, severity and path; what is wrong; what to do. Empty text for no problems. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem({ severity, file, line, column, path, message, remedy }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = [place, severity, path].filter((part) => part !== undefined && part !== '').join('  ');
  return `${printable(head)}\n  ${printable(message)}\n  -> ${printable(remedy)}\n`;
}

/** Messages quote what a file says: control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\x${(c.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`);
}
