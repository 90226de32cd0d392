// Each row of the table of reasons as an answer: complete, and without a word that is none of the client's business.

import t from 'tap';
import { prefersHtml, refusalAnswer } from '../../../src/gate/refusal-answer.ts';
import type { RefusalSettings } from '../../../src/gate/runtime.ts';
import { REASONS, type ReasonCode, reasonOf } from '../../../src/model/reasons.ts';
import { checkForLeaks } from '../../kit/client.ts';

const SETTINGS: RefusalSettings = { contact: undefined, page: undefined, detail: 'full' };
const CODES = Object.keys(REASONS) as ReasonCode[];
const REFUSAL = { check: 'secret-check', note: 'secret note of /etc/portcullis.yaml' };

t.test('as JSON and as a page', async (t) => {
  for (const code of CODES) {
    const { status, title, detail, substatus } = reasonOf(code);
    for (const accept of [undefined, 'text/html']) {
      const answer = refusalAnswer({ code, ...REFUSAL }, 'the-id', accept, SETTINGS);
      const text = answer.body.toString();
      t.equal(answer.status, status);
      checkForLeaks(t, status, text);
      t.notMatch(text, /secret/, `${code}: check and note stay here`);
      for (const part of [code, 'the-id', substatus ?? '']) t.ok(text.includes(part), `${code}: ${part}`);
      if (accept === undefined) t.match(JSON.parse(text), { title, status, detail, code, requestId: 'the-id' });
      t.equal(Object.fromEntries(answer.headers)['Content-Length'], String(answer.body.length));
    }
  }
});

t.test('codes are in use as they are written in the design', async (t) => {
  for (const code of CODES) {
    t.match(code, /^[a-z]+(-[a-z]+)*$/);
    const { status, substatus } = reasonOf(code);
    t.ok(status >= 400 && status < 600, code);
    if (substatus !== undefined) t.ok(substatus.startsWith(`${status}.`), code);
  }
});

t.test('who prefers HTML', async (t) => {
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
  for (const [accept, html] of [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/*', false],
    ['application/json', false],
    ['text/html', true],
    ['TEXT/HTML', true],
    ['text/html;q=0.1', true],
    ['text/html;q=0', false],
    ['text/html;q=x', false],
    [browser, true],
    ['application/json, text/html', true],
    ['application/json, text/html;q=0.9', false],
    ['application/problem+json;q=0.5, text/html;q=0.6', true],
    [`text/html,${'x'.repeat(1000)}`, false],
  ] as const) {
    t.equal(prefersHtml(accept), html, String(accept));
  }
});
