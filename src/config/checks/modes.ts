// Does each rule ask for certificates in a way in which its other keys can work, and does it loosen the rule around it?

import { STRICTNESS } from '../../policy/compile.ts';
import type { AccountMode, MatchOptions, Mode } from '../../policy/options.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { modeInForce, parentOf, type RulePlace, rulePlaces, rulesOfSite, trustInForce } from '../rules.ts';
import type { ConfigPath } from '../source.ts';

export function checkModes(settings: ResolvedSettings, report: Report): void {
  for (const place of rulePlaces(settings)) {
    const mode = modeInForce(place);
    const trust = trustInForce(place);
    checkJudgement(place.path, place.rule, mode, trust, report);
    const { reportOnly } = place.rule;
    if (reportOnly !== undefined) {
      const [reportMode, reportTrust] = [reportOnly.clientCertificate ?? mode, reportOnly.trust ?? trust];
      checkJudgement([...place.path, 'reportOnly'], reportOnly, reportMode, reportTrust, report);
    }
    checkLoosening(place, mode, report);
  }
  settings.sites.forEach((site, index) => {
    checkHandshake(rulesOfSite(site, index), report);
  });
}

interface Judgement {
  readonly account?: AccountMode | undefined;
  readonly allow?: readonly MatchOptions[] | undefined;
  readonly deny?: readonly MatchOptions[] | undefined;
}

function checkJudgement(
  path: ConfigPath,
  rule: Judgement,
  mode: Mode,
  trust: string | undefined,
  report: Report,
): void {
  if (rule.allow !== undefined && mode !== 'require') {
    const message = `\`allow\` needs a certificate, but the mode in force here is ${mode}`;
    report.error([...path, 'allow'], message, 'set `clientCertificate: require` beside it');
  }
  if (rule.account === 'required' && mode !== 'require') {
    const message = `\`account: required\` needs a certificate, but the mode in force here is ${mode}`;
    report.error([...path, 'account'], message, 'set `clientCertificate: require` beside it');
  }
  if (mode !== 'ignore' && trust === undefined) {
    const message = `certificates are read here (${mode}), but no trust store says which are good`;
    report.error(path, message, 'set `trust` on the rule or its site, or `clientCertificate: ignore`');
  }
  checkMatches(path, rule, report);
}

/** Whether the conditions of a rule mean what they seem to. */
export function checkMatches(path: ConfigPath, rule: Pick<Judgement, 'allow' | 'deny'>, report: Report): void {
  rule.deny?.forEach(({ fingerprint }, index) => {
    if (fingerprint === undefined) return;
    // Design rule 11: of every ECDSA signature there is a twin, and with it another fingerprint.
    const message = 'a fingerprint keeps nobody out: whoever holds the certificate can change it';
    const remedy = 'name `issuer` and `serial`, or `publicKey`; `portcullis block` takes the certificate itself';
    report.warning([...path, 'deny', index, 'fingerprint'], message, remedy);
  });
  for (const list of ['allow', 'deny'] as const) {
    rule[list]?.forEach((entry, index) => {
      if (entry.serial === undefined || entry.issuer !== undefined || entry.issuerKey !== undefined) return;
      // RFC 5280 4.1.2.2: a serial is unique under its issuer only.
      const remedy = 'set `issuer` or `issuerKey` beside it';
      report.error([...path, list, index, 'serial'], 'a serial number means nothing without its issuer', remedy);
    });
  }
}

function checkLoosening(place: RulePlace, mode: Mode, report: Report): void {
  const parent = parentOf(place);
  if (parent === undefined) return;
  const outer = modeInForce(parent);
  if (STRICTNESS[mode] >= STRICTNESS[outer]) return;
  const message = `this path loosens the rule around it: ${mode} instead of ${outer}`;
  report.warning(place.path, message, 'nothing, if that is meant; it holds in exactly this letter case only');
}

/** The connection ends before a path is known, so that every path must want a certificate (design section 4). */
function checkHandshake(rules: readonly RulePlace[], report: Report): void {
  const lax = rules.find((place) => modeInForce(place) !== 'require');
  if (lax === undefined) return;
  for (const { path, rule } of rules) {
    if (rule.onRefusal !== 'handshake') continue;
    const message = `\`handshake\` refuses before a path is known, but ${describe(lax)} does not require a certificate`;
    report.error([...path, 'onRefusal'], message, 'use `close`, or require a certificate on all paths of the site');
  }
}

function describe({ path }: RulePlace): string {
  return path.length === 2 ? 'the site itself' : `${path.at(-1)}`;
}
