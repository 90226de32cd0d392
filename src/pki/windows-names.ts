// What would an administrator of Windows see? HRESULT and .NET status for each reason why a certificate is refused.
//
// Sources: winerror.h for names and numbers; the table of dotnet/runtime by which X509Chain turns the trust status of
// CryptoAPI into X509ChainStatusFlags, and names an HRESULT for each; HTTP_SSL_CLIENT_CERT_INFO for what http.sys tells.

import type { CertificateFacts } from '../model/certificate.ts';
import type { ReasonCode, Refusal } from '../model/reasons.ts';

/** Reasons that are about a client's certificate. Those of requests and upstreams have nothing to do with CryptoAPI. */
export type CertificateReason = Extract<
  ReasonCode,
  `certificate-${string}` | `account-${string}` | 'revocation-unknown'
>;

export const HRESULTS = {
  CERT_E_CHAINING: '0x800B010A',
  CERT_E_CRITICAL: '0x800B0105',
  CERT_E_EXPIRED: '0x800B0101',
  CERT_E_INVALID_NAME: '0x800B0114',
  CERT_E_INVALID_POLICY: '0x800B0113',
  CERT_E_UNTRUSTEDROOT: '0x800B0109',
  CERT_E_WRONG_USAGE: '0x800B0110',
  CERTSRV_E_WEAK_SIGNATURE_OR_KEY: '0x80094016',
  CRYPT_E_ASN1_BADTAG: '0x8009310B',
  CRYPT_E_REVOCATION_OFFLINE: '0x80092013',
  CRYPT_E_REVOKED: '0x80092010',
  TRUST_E_BASIC_CONSTRAINTS: '0x80096019',
  TRUST_E_CERT_SIGNATURE: '0x80096004',
  TRUST_E_EXPLICIT_DISTRUST: '0x800B0111',
} as const;

export interface WindowsName {
  /** undefined: CryptoAPI has none for it. */
  readonly hresult: keyof typeof HRESULTS | undefined;
  /** X509ChainStatusFlags. Several: one of them or all, as `doubt` says. */
  readonly chainStatus: readonly string[];
  /** Where Windows says something else than one would think, accepts it, or is not known. */
  readonly doubt?: string;
}

const NOT_OF_CRYPTO_API = { hresult: undefined, chainStatus: [] } as const;
const OWN_LIMIT: WindowsName = { ...NOT_OF_CRYPTO_API, doubt: 'a limit of this gateway, which Windows does not have' };

const BY_REASON: Readonly<Record<CertificateReason, WindowsName>> = {
  'certificate-required': NOT_OF_CRYPTO_API,
  'certificate-untrusted': {
    hresult: 'CERT_E_CHAINING',
    chainStatus: ['PartialChain'],
    doubt: 'http.sys may log CERT_E_UNTRUSTEDCA (0x800B0112) or CERT_E_UNTRUSTEDROOT instead',
  },
  'certificate-invalid': { ...NOT_OF_CRYPTO_API, doubt: 'Windows has no name for it, and may accept it' },
  'certificate-usage': { hresult: 'CERT_E_WRONG_USAGE', chainStatus: ['NotValidForUsage'] },
  'certificate-expired': { hresult: 'CERT_E_EXPIRED', chainStatus: ['NotTimeValid'] },
  'certificate-not-yet-valid': { hresult: 'CERT_E_EXPIRED', chainStatus: ['NotTimeValid'] },
  'certificate-revoked': {
    hresult: 'CRYPT_E_REVOKED',
    chainStatus: ['Revoked'],
    doubt: 'http.sys may log CERT_E_REVOKED (0x800B010C) instead',
  },
  'certificate-blocked': {
    hresult: 'TRUST_E_EXPLICIT_DISTRUST',
    chainStatus: ['ExplicitDistrust'],
    doubt: 'that of a certificate among the untrusted ones of Windows, which is the nearest thing there',
  },
  'revocation-unknown': {
    hresult: 'CRYPT_E_REVOCATION_OFFLINE',
    chainStatus: ['RevocationStatusUnknown', 'OfflineRevocation'],
    doubt: 'CRYPT_E_NO_REVOCATION_CHECK (0x80092012) with RevocationStatusUnknown where nobody can be asked at all',
  },
  'certificate-not-allowed': NOT_OF_CRYPTO_API,
  'account-unknown': NOT_OF_CRYPTO_API,
  'account-disabled': NOT_OF_CRYPTO_API,
};

/** Codes that several checks share. A check without a row is named as its code is. */
const BY_CHECK: Readonly<Record<`${CertificateReason} ${string}`, WindowsName>> = {
  'certificate-invalid encoding': {
    hresult: 'CRYPT_E_ASN1_BADTAG',
    chainStatus: [],
    doubt: 'or another CRYPT_E_ASN1 code; .NET throws when it reads it, and what is only untidy Windows may accept',
  },
  'certificate-invalid signature': { hresult: 'TRUST_E_CERT_SIGNATURE', chainStatus: ['NotSignatureValid'] },
  'certificate-invalid algorithm': {
    hresult: 'CERTSRV_E_WEAK_SIGNATURE_OR_KEY',
    chainStatus: ['HasWeakSignature'],
    doubt: 'by the policy of the machine: Windows still accepts SHA-1 below a root of your own',
  },
  'certificate-invalid public-key': {
    hresult: 'CERTSRV_E_WEAK_SIGNATURE_OR_KEY',
    chainStatus: ['HasWeakSignature'],
    doubt: 'by the policy of the machine: RSA keys are refused below 1024 bits only (KB2661254)',
  },
  'certificate-invalid critical-extensions': {
    hresult: 'CERT_E_CRITICAL',
    chainStatus: ['HasNotSupportedCriticalExtension'],
  },
  'certificate-invalid basic-constraints': {
    hresult: 'TRUST_E_BASIC_CONSTRAINTS',
    chainStatus: ['InvalidBasicConstraints'],
  },
  'certificate-invalid path-length': {
    hresult: 'TRUST_E_BASIC_CONSTRAINTS',
    chainStatus: ['InvalidBasicConstraints'],
  },
  'certificate-invalid key-usage': { hresult: 'CERT_E_WRONG_USAGE', chainStatus: ['NotValidForUsage'] },
  'certificate-invalid name-constraints': {
    hresult: 'CERT_E_INVALID_NAME',
    chainStatus: ['HasNotPermittedNameConstraint', 'HasExcludedNameConstraint'],
    doubt: 'the first or the second, as the name is not permitted or is excluded',
  },
  'certificate-invalid policies': {
    hresult: 'CERT_E_INVALID_POLICY',
    chainStatus: ['InvalidPolicyConstraints', 'NoIssuanceChainPolicy'],
    doubt:
      'the second where no policy is left along the path; policies that only `validation.policies` wants Windows does not ask for',
  },
  'certificate-invalid path-limit': OWN_LIMIT,
  'certificate-invalid presented-limit': OWN_LIMIT,
  'certificate-invalid budget': OWN_LIMIT,
  'certificate-usage key-usage': {
    hresult: 'CERT_E_WRONG_USAGE',
    chainStatus: ['NotValidForUsage'],
    doubt: 'the check of http.sys and of .NET is for the extended key usage; this one they may accept',
  },
};

const UNTRUSTED_ROOT: WindowsName = { hresult: 'CERT_E_UNTRUSTEDROOT', chainStatus: ['UntrustedRoot'] };

/**
 * `certificate`: the one the check has failed at. Where its path ends without an anchor, Windows tells a root that is not
 * trusted from an issuer that is missing. undefined: the reason is not about a certificate.
 */
export function windowsNameOf({ code, check }: Refusal, certificate?: CertificateFacts): WindowsName | undefined {
  if (!isCertificateReason(code)) return undefined;
  if (code === 'certificate-untrusted' && certificate !== undefined && isSelfIssued(certificate)) return UNTRUSTED_ROOT;
  return BY_CHECK[`${code} ${check ?? ''}`] ?? BY_REASON[code];
}

function isCertificateReason(code: ReasonCode): code is CertificateReason {
  return code in BY_REASON;
}

function isSelfIssued({ subject, issuer }: CertificateFacts): boolean {
  return subject.matchKey === issuer.matchKey;
}

export interface WindowsRow extends WindowsName {
  readonly code: CertificateReason;
  /** The check that failed, where the code alone does not tell. */
  readonly where: string | undefined;
}

/** Every row, for the manual. */
export function listWindowsNames(): readonly WindowsRow[] {
  const codes = Object.keys(BY_REASON) as CertificateReason[];
  return codes.flatMap((code) => {
    const root = code === 'certificate-untrusted' ? [{ ...UNTRUSTED_ROOT, code, where: 'ends at a root' }] : [];
    const checks = Object.entries(BY_CHECK).filter(([key]) => key.startsWith(`${code} `));
    const rows = checks.map(([key, name]) => ({ ...name, code, where: key.slice(code.length + 1) }));
    return [{ ...BY_REASON[code], code, where: undefined }, ...root, ...rows];
  });
}
