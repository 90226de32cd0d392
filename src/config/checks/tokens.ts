// Can each token that an upstream is to get be signed, sent and verified?

import { compileIdentityHeaders, isReservedName } from '../../headers/identity-writer.ts';
import { foldHeaderName } from '../../model/text.ts';
import { MAKE_TOKEN_KEY } from '../files/token-keys.ts';
import type { UpstreamOptions } from '../options/upstreams.ts';
import type { NamedPart } from '../parts.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';

/** No key is made up at the start: replicas and restarts would each have another, and their tokens would be refused. */
const ADD_SECTION = `add "token: { issuer: NAME, keyFiles: [token.key] }"; make the key with \`${MAKE_TOKEN_KEY}\` and give every replica the same`;

export function checkTokens(
  settings: ResolvedSettings,
  upstreams: readonly NamedPart<UpstreamOptions>[],
  report: Report,
): void {
  const signed = settings.token !== undefined;
  for (const { path, options } of upstreams) {
    if (options.token === undefined) continue;
    if (!signed) report.error([...path, 'token'], 'no key is configured that could sign the token', ADD_SECTION);
    const problem = findNameProblem(options.token.header, options);
    if (problem !== undefined) report.error([...path, 'token', 'header'], problem, 'choose another name');
  }
  settings.sites.forEach(({ tokenKeys }, index) => {
    if (signed || !tokenKeys) return;
    report.error(
      ['sites', index, 'tokenKeys'],
      'there are no keys of tokens to publish',
      `${ADD_SECTION}, or remove it`,
    );
  });
}

function findNameProblem(header: string, { identityHeaders }: UpstreamOptions): string | undefined {
  if (isReservedName(header)) {
    return `"${header}" cannot carry a token: HTTP or this gateway needs it otherwise`;
  }
  const { names } = compileIdentityHeaders(identityHeaders, Number.MAX_SAFE_INTEGER);
  const taken = names.find((name) => foldHeaderName(name) === foldHeaderName(header));
  return taken === undefined ? undefined : `\`identityHeaders\` writes "${taken}" already`;
}
