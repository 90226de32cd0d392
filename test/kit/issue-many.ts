// A process of its own that issues certificates one after the other: `issue-many.ts FOLDER NAME COUNT`. Says each serial
// number when the certificate is there.

import { issueOnRecord } from '../../src/cli/issue-on-record.ts';
import { issueClientCertificate } from '../../src/pki/issue.ts';

const [folder = '', name = '', count = '0'] = process.argv.slice(2);
for (let number = 1; number <= Number(count); number++) {
  const subject = [{ type: 'CN', value: `${name} ${number}` }];
  const written = await issueOnRecord(folder, `${name}-${number}`, (issuer) =>
    issueClientCertificate(issuer, { subject, alternativeNames: [], now: Date.now(), days: 1 }),
  );
  process.stdout.write(`${written.serial}\n`);
}
