// A server of OpenID Connect for tests: node scripts/oidc.mjs PATH_OF_OIDC_PROVIDER. Prints its address.
//
// Anybody may sign in by any name, there is one client, and `/issued` tells all tokens that were given out, so that a
// test can look for them where they must not be.

import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const { default: Provider } = await import(pathToFileURL(process.argv[2]));
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const issued = [];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'switchboard',
      client_secret: 'canary-client-secret-5b1',
      application_type: 'native',
      // For a native application any port of this machine is the same (RFC 8252 §7.3).
      redirect_uris: ['http://127.0.0.1/connect/callback'],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      response_types: ['code'],
    },
  ],
  scopes: ['openid', 'offline_access', 'mail.read', 'mail.send'],
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  cookies: { keys: ['for tests'] },
  ttl: { AccessToken: 3600, RefreshToken: 86400 * 365, DeviceCode: 600 },
});

for (const kind of ['access_token', 'refresh_token']) {
  provider.on(`${kind}.saved`, (token) => issued.push(token.jti));
}
const answer = provider.callback();
server.on('request', (request, response) => {
  if (request.url === '/issued') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(issued));
  } else {
    answer(request, response);
  }
});
console.log(issuer);
