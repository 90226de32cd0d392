// An Express app that believes the gateway's headers, and therefore listens where only the gateway can connect.

import express from 'express';
import { clientOf } from '../node/read-headers.ts';

const { PORT = '9000' } = process.env;

const app = express();
app.use((request, response, next) => {
  const client = clientOf(request.headers);
  if (client === undefined) {
    response.status(403).json({ error: 'no client certificate' });
    return;
  }
  response.locals.client = client;
  next();
});
app.get('/whoami', (_, response) => {
  response.json(response.locals.client);
});

// Never without the address: Express would listen on all of them, and then anybody is whoever he says he is.
const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log('listening on', server.address());
});
