// An Express app that takes a request only with the gateway's token, and reports only from auditors.

import express, { type NextFunction, type Request, type Response } from 'express';
import { type Client, clientOf } from '../node/verify-token.ts';

const { PORT = '9000' } = process.env;

async function requireClient(request: Request, response: Response, next: NextFunction): Promise<void> {
  try {
    response.locals.client = await clientOf(request.get('x-client-token') ?? '');
  } catch (error) {
    // Not 401: no password or token that the client could send instead would help it.
    response.status(403).json({ error: 'no good token' });
    console.warn(`a request without a good token: ${(error as Error).message}`);
    return;
  }
  next();
}

function requireRole(role: string) {
  return (_: Request, response: Response, next: NextFunction): void => {
    const { roles } = response.locals.client as Client;
    if (roles.includes(role)) next();
    else response.status(403).json({ error: `only for ${role}` });
  };
}

const app = express();
app.use(requireClient);
app.get('/whoami', (_, response) => {
  response.json(response.locals.client);
});
app.get('/reports', requireRole('auditor'), (_, response) => {
  response.json({ reports: [] });
});

const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log('listening on', server.address());
});
