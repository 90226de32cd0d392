// Is the request for the public keys of tokens, on a site that publishes them? They are for anybody, whatever the rule says.

import type { Evidence } from '../model/evidence.ts';
import type { KeySetAnswer } from '../token/key-set-page.ts';
import type { Asked } from './read-request.ts';
import { readTarget } from './read-target.ts';
import type { GateRuntime } from './runtime.ts';
import type { Visit } from './visit.ts';

export function findKeySet(
  method: string,
  asked: Asked,
  evidence: Evidence,
  runtime: GateRuntime,
): KeySetAnswer | undefined {
  if (runtime.keySetPage === undefined) return undefined;
  const [path = ''] = asked.url.split('?', 1);
  // Looked up by the path as it stands: who spells it otherwise means the service.
  const answer = asked.webSocket ? undefined : runtime.keySetPage.answer(method, path);
  if (answer === undefined) return undefined;
  const read = readTarget(asked, evidence, runtime);
  return 'code' in read || !read.site.tokenKeys || read.target.path !== path ? undefined : answer;
}

export function answerKeySet(visit: Visit, { status, headers, body }: KeySetAnswer): void {
  visit.served = true;
  visit.visitor.answer(status, headers.flat(), body);
}
