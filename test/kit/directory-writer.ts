// Another process that changes a directory: takes its URL and the changes as JSON, and ends.

import { openDirectory } from '../../src/directory/open.ts';

const [url = '', request = ''] = process.argv.slice(2);
const store = openDirectory(url, { clock: Date.now });
const outcome = await store.change(JSON.parse(request));
await store.close();
if (!outcome.done) throw new Error(outcome.problems.map(({ message }) => message).join(', '));
