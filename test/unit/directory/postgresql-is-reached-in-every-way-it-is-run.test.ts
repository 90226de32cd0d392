import t from 'tap';
import { type OpenDirectoryOptions, openDirectory } from '../../../src/directory/open.ts';
import { makeRoot } from '../../kit/pki.ts';
import { startPostgres } from '../../kit/postgres.ts';

/** Opens it, and asks it something; gives what went wrong. */
async function reach(url: string, options: Partial<OpenDirectoryOptions> = {}): Promise<string | undefined> {
  const store = openDirectory(url, { clock: Date.now, ...options });
  try {
    await store.prepare();
    await store.generation();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await store.close();
  }
}

t.test('with a password', async (t) => {
  const server = await startPostgres(t, { password: 'correct horse' });
  t.equal(await reach(server.url, { password: 'correct horse' }), undefined);
  const named = server.url.replace('portcullis@', 'portcullis:correct%20horse@');
  t.equal(await reach(named), undefined, 'in the URL');
  t.equal(
    await reach(named.replace('horse', 'cow'), { password: 'correct horse' }),
    undefined,
    'the file counts first',
  );
  const refusal = await reach(server.url, { password: 'wrong horse' });
  t.match(refusal, /password authentication failed/);
  t.notMatch(refusal, 'wrong horse');
});

t.test('with TLS, to an address', async (t) => {
  const root = makeRoot();
  const byAddress = root.server({ san: [{ kind: 'ip', value: '127.0.0.1' }] });
  const server = await startPostgres(t, { tls: { certificate: byAddress.pem, key: byAddress.keyPem } });
  t.equal(await reach(server.url, { tls: { ca: [root.pem] } }), undefined);
  t.match(await reach(server.url, { tls: { ca: [makeRoot().pem] } }), /certificate/, 'another authority');
  t.match(
    await reach(server.url, { tls: { ca: [root.pem], serverName: 'db.example' } }),
    /db\.example/,
    'another name',
  );
  t.match(await reach(server.url), /no pg_hba.conf entry|no encryption/, 'this server wants TLS');
});

t.test('with TLS, by a name that is told', async (t) => {
  const root = makeRoot();
  const byName = root.server({ san: [{ kind: 'dns', value: 'localhost' }] });
  const server = await startPostgres(t, { tls: { certificate: byName.pem, key: byName.keyPem } });
  t.equal(await reach(server.url, { tls: { ca: [root.pem], serverName: 'localhost' } }), undefined);
  t.match(await reach(server.url, { tls: { ca: [root.pem] } }), /127\.0\.0\.1/, 'localhost is not its address');
});

t.test('a server that does not speak TLS is not spoken to without', async (t) => {
  const server = await startPostgres(t);
  t.equal(await reach(server.url), undefined);
  t.type(await reach(server.url, { tls: { ca: [makeRoot().pem] } }), 'string');
});

t.test('news come from other replicas by NOTIFY', async (t) => {
  const server = await startPostgres(t);
  const [store, other] = [0, 1].map(() => openDirectory(server.url, { clock: Date.now }));
  if (store === undefined || other === undefined) throw new Error('no stores');
  t.teardown(() => Promise.all([store.close(), other.close()]));
  await store.prepare();
  const listening = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<void>();
  let changed = false;
  store.watch(() => {
    listening.resolve();
    if (changed) heard.resolve();
  });
  await listening.promise;
  changed = true;
  const outcome = await other.change({
    actor: 'tester',
    changes: [{ do: 'add-account', account: { name: 'alice', kind: 'person' } }],
  });
  t.ok(outcome.done);
  await heard.promise;
  t.equal(await store.generation(), 1);
});
