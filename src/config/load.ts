// From a file to a configuration that can be run, or to everything that is wrong with it. For check, run and reload.

import type { Problem } from '../model/problem.ts';
import type { SigningKey } from '../token/signing-key.ts';
import { checkAdmin, checkAdminClients } from './checks/admin.ts';
import { checkCache } from './checks/cache.ts';
import { checkCertificates } from './checks/certificates.ts';
import { checkDirectory } from './checks/directory.ts';
import { checkListeners } from './checks/listeners.ts';
import { checkMappings } from './checks/mappings.ts';
import { checkModes } from './checks/modes.ts';
import { checkPaths } from './checks/paths.ts';
import { checkPolicy } from './checks/policy.ts';
import { checkReferences } from './checks/references.ts';
import { checkRevocation } from './checks/revocation.ts';
import { checkSites } from './checks/sites.ts';
import { checkTimeouts } from './checks/timeouts.ts';
import { checkTokens } from './checks/tokens.ts';
import { checkUpstreams } from './checks/upstreams.ts';
import { type Environment, expandVariables } from './environment.ts';
import { type LoadedAdmin, loadAdmin } from './files/admin.ts';
import { type LoadedDirectory, loadDirectory } from './files/directory.ts';
import { type Disk, disk, type Recording, recordInto } from './files/disk.ts';
import { createFileReader, type FileReader } from './files/file-reader.ts';
import { loadRedisFiles, type RedisFiles } from './files/redis.ts';
import { loadServerCertificate, type ServerCertificate } from './files/server-certificates.ts';
import { loadTicketSecret } from './files/ticket-secret.ts';
import { loadTokenKeys } from './files/token-keys.ts';
import { type LoadedTrust, loadTrustStore } from './files/trust-stores.ts';
import { loadUpstreamTls, type UpstreamTls } from './files/upstream-tls.ts';
import { type LoadedWebhook, loadWebhook } from './files/webhook.ts';
import { collectParts, type Parts } from './parts.ts';
import { readSources } from './read-sources.ts';
import { createReport, type Report } from './report.ts';
import { type ResolvedSettings, resolveSettings } from './resolve.ts';
import { configurationSchema } from './schema.ts';
import { reportIssues } from './schema-problems.ts';
import { type ConfigPath, findNode, findPlace, type Place, type SourceNode, toPlain } from './source.ts';
import { reportUnavailable } from './unavailable.ts';

export interface Configuration {
  /** Frozen. */
  readonly settings: ResolvedSettings;
  /** The main file, as given. */
  readonly file: string;
  /** Every file and folder that was read: what to watch. */
  readonly files: readonly string[];
  readonly serverCertificates: readonly ServerCertificate[];
  /** One for each entry of `settings.trust`. */
  readonly trustStores: ReadonlyMap<string, LoadedTrust>;
  /** One for each https entry of `settings.upstreams`. */
  readonly upstreamTls: ReadonlyMap<string, UpstreamTls>;
  /** Exactly where `settings.cache.redis` is set. */
  readonly redisFiles: RedisFiles | undefined;
  /** Exactly where `settings.directory` is set. */
  readonly directory: LoadedDirectory | undefined;
  /** Newest first; exactly where `settings.token` is set. */
  readonly tokenKeys: readonly SigningKey[] | undefined;
  /** Of `tickets.keyFile`. Never to be logged. */
  readonly ticketSecret: Uint8Array | undefined;
  /** Exactly where `settings.admin` is set. */
  readonly admin: LoadedAdmin | undefined;
  /** Where in its files something stands, or what is around it. */
  readonly placeOf: (path: ConfigPath) => Place;
  /** Exactly where `settings.expiry.webhook` is set. */
  readonly webhook: LoadedWebhook | undefined;
  /** HTML of `refusal.page`. */
  readonly refusalPage: string | undefined;
  /** All that was read, for processes that shall have the same; exactly where `settings.workers` asks for several, or `keepFiles` was said. */
  readonly recording: Recording | undefined;
}

export type LoadResult =
  | { readonly ok: true; readonly configuration: Configuration; readonly warnings: Problem[] }
  /** `files`: what was read or looked for. */
  | { readonly ok: false; readonly problems: Problem[]; readonly files: readonly string[] };

interface Loaded extends Omit<Configuration, 'settings' | 'file' | 'files' | 'placeOf' | 'recording'> {
  /** Every file named was good. */
  readonly complete: boolean;
}

export interface LoadInput {
  readonly env: Environment;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** For whoever is about to put the first list there; left out: an error, as it is for a gateway. */
  readonly emptyCrlFolder?: 'error' | 'warning';
  /** Keeps what was read, whatever the configuration says of workers: it is for those that there are. */
  readonly keepFiles?: boolean;
  /** Left out: the real one. */
  readonly from?: Disk;
}

/** Throws only where we are broken. */
export async function loadConfiguration(file: string, input: LoadInput): Promise<LoadResult> {
  const { env, from = disk, keepFiles = false, ...deps } = input;
  const recording: Recording = new Map();
  const recorder = recordInto(recording, from);
  const sources = await readSources(file, env, recorder);
  if (sources.root === undefined) {
    return { ok: false, problems: sortProblems(sources.problems, sources.files), files: sources.files };
  }

  const report = createReport(sources.root);
  const root = expandVariables(sources.root, [], env, report);
  const plain = toPlain(root);
  reportUnavailable(plain, report);
  const parsed = configurationSchema.safeParse(plain);
  if (!parsed.success) reportIssues(parsed.error.issues, root, report);

  const parts = collectParts(root);
  checkUpstreams(parts.upstreams, report);
  checkRevocation(parts.trust, report);
  // Files may be large: they are kept only where somebody will ask for them.
  const isRecorded = parsed.success && (keepFiles || parsed.data.workers !== 1) && from === disk;
  const reader = createFileReader(root, report, isRecorded ? recorder : from);
  const loaded = await loadFiles(root, parts, { ...deps, reader, report });
  const settings = parsed.success ? resolveSettings(parsed.data, parts, root) : undefined;
  if (settings !== undefined) {
    checkTogether(settings, loaded, report);
    checkTokens(settings, parts.upstreams, report);
  }

  const problems = sortProblems([...sources.problems, ...report.problems], sources.files);
  const files = [...new Set([...sources.files, ...reader.files])];
  if (settings === undefined || problems.some(isError)) return { ok: false, problems, files };
  const { complete: _, ...parcels } = loaded;
  // Of the tree as it is written: values of the environment are not kept.
  const { root: written } = sources;
  const placeOf = (path: ConfigPath) => findPlace(written, path);
  return {
    ok: true,
    configuration: { settings, file, files, placeOf, recording: isRecorded ? recording : undefined, ...parcels },
    warnings: problems,
  };
}

async function loadFiles(
  root: SourceNode,
  parts: Parts,
  context: Pick<LoadInput, 'now' | 'emptyCrlFolder'> & { readonly reader: FileReader; readonly report: Report },
): Promise<Loaded> {
  const serverCertificates: ServerCertificate[] = [];
  const trustStores = new Map<string, LoadedTrust>();
  const upstreamTls = new Map<string, UpstreamTls>();
  for (const part of parts.certificates) {
    const certificate = await loadServerCertificate(part, context);
    if (certificate !== undefined) serverCertificates.push(certificate);
  }
  for (const part of parts.trust) {
    const trust = await loadTrustStore(part, context);
    if (trust !== undefined) trustStores.set(part.name, trust);
  }
  for (const part of parts.upstreams) {
    const tls = await loadUpstreamTls(part, context);
    if (tls !== undefined) upstreamTls.set(part.name, tls);
  }
  const redisFiles = await loadRedisFiles(root, context);
  const directory = await loadDirectory(root, context);
  const tokenKeys = await loadTokenKeys(root, context);
  const ticketSecret = await loadTicketSecret(root, context);
  const admin = await loadAdmin(root, context);
  const webhook = await loadWebhook(root, context);
  const refusalPage = await loadRefusalPage(root, context.reader);
  const complete = serverCertificates.length === parts.certificates.length && trustStores.size === parts.trust.length;
  const secrets = { redisFiles, tokenKeys, ticketSecret, admin, webhook };
  return { serverCertificates, trustStores, upstreamTls, directory, refusalPage, complete, ...secrets };
}

async function loadRefusalPage(root: SourceNode, reader: FileReader): Promise<string | undefined> {
  const path = ['refusal', 'page'];
  const node = findNode(root, path);
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  const page = await reader.read(path, node.value);
  return page && Buffer.from(page.bytes).toString('utf8');
}

/** What only the whole can show. The last two need all files, or they would complain of what is merely unread. */
function checkTogether(settings: ResolvedSettings, loaded: Loaded, report: Report): void {
  checkListeners(settings, report);
  checkTimeouts(settings, report);
  checkCache(settings.cache, report);
  checkSites(settings, report);
  checkPaths(settings, report);
  checkReferences(settings, report);
  checkModes(settings, report);
  checkDirectory(settings, report);
  checkAdmin(settings, report);
  if (!loaded.complete) return;
  checkCertificates(settings, loaded.serverCertificates, report);
  checkPolicy(settings, loaded.trustStores, report);
  checkMappings(settings, loaded.trustStores, report);
  checkAdminClients(settings, loaded.trustStores, report);
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** Errors first, then in the order of the files and of what stands in them. */
function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = ({ file }: Problem): number => (files.indexOf(file) + files.length + 1) % (files.length + 1);
  return [...problems].sort(
    (a, b) =>
      Number(isError(b)) - Number(isError(a)) ||
      rank(a) - rank(b) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
