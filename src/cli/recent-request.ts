// Which certificate came with a request? Asked of the gateway that judged it, by its admin address.

import { StartFault } from '../model/fault.ts';
import { type AdminOptions, createAdminClient, refusalOf } from './admin-client.ts';
import type { LoggedRequest } from './logged-request.ts';

/** Of the last requests only. Throws StartFault where the gateway does not say it. */
export async function findRecentRequest(options: AdminOptions, requestId: string): Promise<LoggedRequest> {
  const client = await createAdminClient(options);
  if (!client.hasCredential) {
    throw new StartFault('--request needs --log, or a token for the admin API: --token-file or PORTCULLIS_ADMIN_TOKEN');
  }
  const answer = await client.ask('GET', `/api/v1/decisions?requestId=${encodeURIComponent(requestId)}`);
  if (answer.status !== 200) throw new StartFault(`${client.url}: ${refusalOf(answer)}`);
  const { decisions } = answer.body as { decisions: readonly Partial<LoggedRequest>[] };
  const [found] = decisions;
  if (found === undefined) {
    throw new StartFault(`request ${requestId} is not among the last ones of ${client.url}: find it by --log`);
  }
  const { fingerprint, issuer = '', subject = '' } = found;
  if (fingerprint === undefined) {
    throw new StartFault(`request ${requestId} came without a certificate that could be read`);
  }
  return { fingerprint, issuer, subject };
}
