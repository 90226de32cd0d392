// What the bytes of a certificate say. Made by the room `x509`, read by everybody above it.

import type { KeyObject } from 'node:crypto';

/** One attribute of a relative distinguished name (RFC 5280 4.1.2.4). */
export interface Attribute {
  /** Dotted OID of the attribute type. */
  readonly type: string;
  /** The decoded text; undefined where the value is no character string. */
  readonly value: string | undefined;
  /** The whole encoded value (tag, length, content). */
  readonly der: Uint8Array;
}

export interface DistinguishedName {
  /** In encoded order, most general first as a rule. A relative name may hold several attributes. */
  readonly rdns: readonly (readonly Attribute[])[];
  readonly der: Uint8Array;
  /**
   * Equal for two names exactly when they match by RFC 5280 7.1 (case folded, white space folded, attributes of one
   * relative name in any order, string types compared by text). For comparison only, never for display.
   */
  readonly matchKey: string;
}

export type GeneralName =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly value: string }
  /** `value` is the usual text form, `bytes` the 4 or 16 octets (8 or 32 in a name constraint). */
  | { readonly kind: 'ip'; readonly value: string; readonly bytes: Uint8Array }
  /** otherName of type 1.3.6.1.4.1.311.20.2.3 (Microsoft user principal name). */
  | { readonly kind: 'upn'; readonly value: string }
  | { readonly kind: 'directoryName'; readonly name: DistinguishedName }
  | { readonly kind: 'registeredId'; readonly value: string }
  /** Everything else: other otherName types, x400Address, ediPartyName. `type` is the OID or the field's name. */
  | { readonly kind: 'other'; readonly type: string; readonly der: Uint8Array };

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of the extnValue OCTET STRING. */
  readonly value: Uint8Array;
}

/** Bits of the KeyUsage extension by their RFC 5280 4.2.1.3 names. */
export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly';

export interface AlgorithmIdentifier {
  readonly oid: string;
  /** The encoded parameters; undefined when absent. */
  readonly parameters: Uint8Array | undefined;
  readonly der: Uint8Array;
}

export interface PublicKeyFacts {
  readonly algorithm: AlgorithmIdentifier;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** SHA-256 of `spki`, lower-case hex: who an issuer is (design rule 11). */
  readonly spkiHash: string;
  readonly kind: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'other';
  /** RSA: bits of the modulus. EC: bits of the field. 0 for kinds whose size says nothing. */
  readonly bits: number;
  /** EC: OpenSSL's name of the named curve, `explicit` for explicit parameters. */
  readonly curve: string | undefined;
  /** Made at the first use, and kept. Throws the parser's own error when node:crypto refuses the key. */
  readonly key: () => KeyObject;
}

/** The standard extensions, decoded. A field is undefined when the extension is absent. */
export interface KnownExtensions {
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | undefined } | undefined;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** OIDs of the purposes. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectAltNames: readonly GeneralName[] | undefined;
  /** Lower-case hex. */
  readonly subjectKeyId: string | undefined;
  /** Lower-case hex; undefined also where the extension has no keyIdentifier. */
  readonly authorityKeyId: string | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  /** OIDs in their order; `2.5.29.32.0` is anyPolicy. Qualifiers are not read: nothing here acts on them. */
  readonly certificatePolicies: readonly string[] | undefined;
  readonly policyMappings: readonly PolicyMapping[] | undefined;
  readonly policyConstraints: PolicyConstraints | undefined;
  /** skipCerts of inhibitAnyPolicy. */
  readonly inhibitAnyPolicy: number | undefined;
  /** cRLDistributionPoints and freshestCRL; empty when absent. */
  readonly crlDistributionPoints: readonly DistributionPoint[];
  readonly freshestCrl: readonly DistributionPoint[];
  /** id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1). */
  readonly ocspNoCheck: boolean;
  readonly ocspUris: readonly string[];
  readonly caIssuerUris: readonly string[];
}

/** RFC 5280 4.2.1.10. Undefined: no such list, which is not the same as an empty one. */
export interface NameConstraints {
  readonly permitted: readonly ConstrainedName[] | undefined;
  readonly excluded: readonly ConstrainedName[] | undefined;
}

/** The base of one subtree. For `ip` the bytes are address and mask: 8 or 32. */
export type ConstrainedName = GeneralName;

export interface PolicyMapping {
  readonly issuerDomain: string;
  readonly subjectDomain: string;
}

/** RFC 5280 4.2.1.11: how many more certificates until it takes effect. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined;
  readonly inhibitPolicyMapping: number | undefined;
}

/** RFC 5280 4.2.1.13. */
export interface DistributionPoint {
  readonly name: DistributionPointName | undefined;
  /** RFC 5280 5.3.1 names of the reasons covered; undefined: all. */
  readonly reasons: ReadonlySet<string> | undefined;
  readonly crlIssuer: readonly GeneralName[] | undefined;
}

export type DistributionPointName =
  | { readonly kind: 'full'; readonly names: readonly GeneralName[] }
  /** One relative name below the name of the CRL's issuer. */
  | { readonly kind: 'relative'; readonly rdn: readonly Attribute[] };

/** RFC 5280 5.2.5: which part of an issuer's certificates a list covers. */
export interface IssuingDistributionPoint {
  readonly name: DistributionPointName | undefined;
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCaCerts: boolean;
  readonly onlySomeReasons: ReadonlySet<string> | undefined;
  readonly indirectCrl: boolean;
  readonly onlyContainsAttributeCerts: boolean;
}

export interface CertificateFacts {
  readonly der: Uint8Array;
  /** SHA-256 of `der`, lower-case hex. A holder can change it (ECDSA malleability): never a key for blocks. */
  readonly fingerprint: string;
  /** SHA-256 of the TBS bytes, lower-case hex: what the issuer signed. */
  readonly tbsHash: string;
  readonly tbs: Uint8Array;
  /** 1, 2 or 3. */
  readonly version: number;
  /** Upper-case hex of the positive integer, even number of digits: `0A1B2C`. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since the epoch; both ends inclusive (RFC 5280 4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKeyFacts;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly known: KnownExtensions;
}

/** A certificate signing request, read (RFC 2986). Nothing in it is true but that who made it holds the key. */
export interface RequestFacts {
  readonly der: Uint8Array;
  /** What is signed: the CertificationRequestInfo. */
  readonly tbs: Uint8Array;
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** The extensions asked for. */
  readonly extensions: readonly Extension[];
  readonly known: KnownExtensions;
}

/** A CRL, read. The entries are kept by serial for look-up. */
export interface CrlFacts {
  readonly der: Uint8Array;
  /** SHA-256 of `der`, lower-case hex: tells lists apart, whoever has signed them. */
  readonly fingerprint: string;
  readonly tbs: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** Extensions of the list, not of the entries. */
  readonly extensions: readonly Extension[];
  readonly crlNumber: bigint | undefined;
  readonly authorityKeyId: string | undefined;
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
  /** BaseCRLNumber of a delta list (RFC 5280 5.2.4). */
  readonly deltaCrlIndicator: bigint | undefined;
  readonly freshestCrl: readonly DistributionPoint[];
  /** OIDs of critical entry extensions met anywhere in the list. */
  readonly criticalEntryExtensions: ReadonlySet<string>;
  readonly entries: RevokedEntries;
}

/** The entries of a list, kept small: a list may have a million. */
export interface RevokedEntries {
  readonly size: number;
  /** By serial number as in CertificateFacts. */
  get(serial: string): RevokedEntry | undefined;
  /** Every serial number, in no order. */
  serials(): Iterable<string>;
}

export interface RevokedEntry {
  readonly revokedAt: number;
  /** RFC 5280 5.3.1 name; undefined when the entry has none. */
  readonly reason: string | undefined;
}
