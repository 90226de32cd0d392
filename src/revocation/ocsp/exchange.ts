// What does a responder answer to one request? OCSP over HTTP (RFC 6960 appendix A).

import type { OcspResponseFacts } from '../../model/ocsp.ts';
import { Malformed } from '../../x509/malformed.ts';
import { parseOcspResponse } from '../../x509/ocsp-response.ts';
import type { Outbound } from '../outbound-types.ts';

export interface OcspExchange {
  /** http or https; whether it may be asked has been decided. */
  readonly url: string;
  /** DER. */
  readonly request: Uint8Array;
  /** `get` is used only where the whole URL stays short. */
  readonly method: 'post' | 'get';
  readonly timeLimitMs: number;
}

export type OcspExchanged =
  | { readonly ok: true; readonly der: Uint8Array; readonly facts: OcspResponseFacts }
  /** `why` is for log and explain. */
  | { readonly ok: false; readonly why: string };

const MAX_RESPONSE_BYTES = 64 * 1024;

/** RFC 5019 5: what is longer than 255 octets, the address included, is sent by POST. */
const MAX_GET_OCTETS = 255;

/** Never rejects for what the responder does. */
export async function exchangeOcsp(
  outbound: Outbound,
  { url, request, method, timeLimitMs }: OcspExchange,
): Promise<OcspExchanged> {
  const getUrl = method === 'get' ? urlForGet(url, request) : undefined;
  const accept = 'application/ocsp-response';
  const limits = { maxBytes: MAX_RESPONSE_BYTES, timeLimitMs };
  const answer = await outbound(
    getUrl === undefined
      ? {
          url,
          method: 'POST',
          body: request,
          headers: { accept, 'content-type': 'application/ocsp-request' },
          ...limits,
        }
      : { url: getUrl, method: 'GET', headers: { accept }, ...limits },
  );
  if (!answer.ok) return answer;
  if (answer.contentType?.split(';')[0]?.trim().toLowerCase() !== accept) {
    return { ok: false, why: 'answered with something that is no OCSP response by its content type' };
  }
  return readResponse(answer.body);
}

/** Reads a response from wherever it comes. */
export function readResponse(der: Uint8Array): OcspExchanged {
  try {
    return { ok: true, der, facts: parseOcspResponse(der, MAX_RESPONSE_BYTES) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, why: `answered with a malformed response: ${error.message}` };
    throw error;
  }
}

/** Appendix A.1; undefined where it would be too long, or come behind a query. */
function urlForGet(url: string, request: Uint8Array): string | undefined {
  if (/[?#]/.test(url)) return undefined;
  const base64 = Buffer.from(request).toString('base64');
  const whole = `${url}${url.endsWith('/') ? '' : '/'}${encodeURIComponent(base64)}`;
  return whole.length <= MAX_GET_OCTETS ? whole : undefined;
}
