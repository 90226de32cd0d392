// A refusal as an HTTP answer: problem+json (RFC 9457), or a small page for a client that prefers HTML.

import { type Reason, type Refusal, reasonOf } from '../model/reasons.ts';
import type { RefusalSettings } from './runtime.ts';

export interface RefusalAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** Only texts of the table of reasons and of the operator reach the client; `check` and `note` never do. */
export function refusalAnswer(
  refusal: Pick<Refusal, 'code' | 'retryAfterSeconds'>,
  requestId: string,
  accept: string | undefined,
  settings: RefusalSettings,
): RefusalAnswer {
  const reason = reasonOf(refusal.code);
  const { retryAfterSeconds: retryAfter } = refusal;
  const html = prefersHtml(accept);
  const text = html
    ? renderPage(reason, refusal.code, requestId, settings)
    : renderProblem(reason, refusal.code, requestId, settings);
  const body = Buffer.from(text);
  return {
    status: reason.status,
    headers: [
      ['Content-Type', html ? 'text/html; charset=utf-8' : 'application/problem+json'],
      ['Content-Length', String(body.length)],
      ['Cache-Control', 'no-store'],
      ['X-Content-Type-Options', 'nosniff'],
      ...(retryAfter === undefined ? [] : [['Retry-After', String(retryAfter)] as const]),
      ...(html ? ([['Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'"]] as const) : []),
    ],
    body,
  };
}

function renderProblem(reason: Reason, code: string, requestId: string, settings: RefusalSettings): string {
  const full = settings.detail === 'full';
  return `${JSON.stringify({
    type: `urn:portcullis:refusal:${code}`,
    title: reason.title,
    status: reason.status,
    ...(full && { detail: reason.detail }),
    code,
    ...(reason.substatus !== undefined && { substatus: reason.substatus }),
    requestId,
    ...(settings.contact !== undefined && { contact: settings.contact }),
  })}\n`;
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}small{color:#666}</style>
<h1>{title}</h1>
<p>{detail}</p>
<p>{contact}</p>
<p><small>{status} {substatus} &middot; {code} &middot; {requestId}</small></p>
</html>
`;

function renderPage(reason: Reason, code: string, requestId: string, settings: RefusalSettings): string {
  const values: Readonly<Record<string, string>> = {
    title: reason.title,
    detail: settings.detail === 'full' ? reason.detail : '',
    code,
    status: String(reason.status),
    substatus: reason.substatus ?? '',
    contact: settings.contact ?? '',
    requestId,
  };
  return (settings.page ?? PAGE).replace(/\{([a-zA-Z]+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? escapeHtml(values[name] ?? '') : placeholder,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** HTML is preferred when it is named and no JSON type is wanted more (RFC 9110 12.5.1). */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > 1000) return false;
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(type, quality === undefined ? 1 : Number(quality.slice(2)) || 0);
  }
  const html = weights.get('text/html') ?? 0;
  const json = Math.max(weights.get('application/problem+json') ?? 0, weights.get('application/json') ?? 0);
  return html > 0 && html >= json;
}
