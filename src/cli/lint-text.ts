// How are the findings of `pki lint` written, for people and for programs?

import { certificateToJson, refusalToJson } from '../decision/certificate-json.ts';
import { countFindings, type LintedCertificate, type LintReport } from '../decision/lint.ts';
import type { FileProblem } from '../x509/files.ts';
import { formatCertificate, formatLine, formatName, formatRefusal } from './certificate-text.ts';

/** What was found in one file. */
export interface LintedFile {
  readonly file: string;
  /** What could not be read; a gateway refuses it as a client's certificate, and ignores it behind one. */
  readonly problems: readonly FileProblem[];
  /** undefined: there is no certificate to begin with. */
  readonly report: LintReport | undefined;
}

const UNREADABLE = { code: 'certificate-invalid', check: 'encoding' } as const;

/** Whether this gateway, IIS or .NET would refuse. */
export function isRefused({ problems, report }: LintedFile): boolean {
  if (report === undefined || problems.length > 0 || report.refusal !== undefined) return true;
  const { here, elsewhere } = countFindings(report);
  return here + elsewhere > 0;
}

export function lintToText(linted: LintedFile, at: number): string {
  const { file, problems, report } = linted;
  const sections = [[file, ...problems.flatMap(formatProblem)]];
  for (const each of report?.certificates ?? []) sections.push([...formatCertificate(each, at), ...formatAdvice(each)]);
  for (const { subject } of report?.unused ?? []) {
    sections.push([formatLine('noted', 'unused', `no path leads through ${formatName(subject)}`)]);
  }
  sections.push(formatEnd(linted));
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function formatProblem({ line, message }: FileProblem): string[] {
  const where = line === undefined ? '' : `line ${line}: `;
  return [formatLine('failed', UNREADABLE.check, `${where}${message}`), ...formatRefusal(UNREADABLE, undefined)];
}

function formatAdvice({ advice }: LintedCertificate): string[] {
  return advice.map(({ severity, topic, note }) =>
    formatLine(severity === 'elsewhere' ? 'elsewhere' : 'noted', topic, note),
  );
}

function formatEnd({ problems, report }: LintedFile): string[] {
  const { here, elsewhere, advice } = report ? countFindings(report) : { here: 0, elsewhere: 0, advice: 0 };
  const lines = [
    `FAIL ${here + problems.length} refused here, WIN ${elsewhere} refused by IIS or .NET alone, - ${advice} worth knowing`,
  ];
  const { code, check } = report?.refusal ?? {};
  if (code !== undefined) lines.push(`a client would be told ${code} (${check})`);
  return lines;
}

export function lintToJson(linted: LintedFile): object {
  const { file, problems, report } = linted;
  return {
    file,
    refused: isRefused(linted),
    ...(report?.refusal && refusalToJson(report.refusal, undefined)),
    problems: problems.map(({ line, message }) => ({
      line,
      ...refusalToJson({ ...UNREADABLE, note: message }, undefined),
    })),
    certificates: (report?.certificates ?? []).map((each) => ({ ...certificateToJson(each), advice: each.advice })),
    unused: (report?.unused ?? []).map(({ subject }) => formatName(subject)),
  };
}
