// SPDX-License-Identifier: Apache-2.0
//
// Runs oidc-provider: node oidc_provider.mjs FOLDER SETTINGS
//
// FOLDER is where the package was installed, SETTINGS a file of JSON that rig/oidc_provider.py writes. Prints a
// line of JSON when it is ready, for each logout token: whether its receiver took it, and for each grant that ends.

import { generateKeyPairSync } from "node:crypto";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [folder, settingsFile] = process.argv.slice(2);
const { Provider } = await import(`${folder}/node_modules/oidc-provider/lib/index.js`);
const settings = JSON.parse(readFileSync(settingsFile, "utf8"));

// To the tests every name is the loopback address.
dns.lookup = (_name, ...rest) => {
  const done = rest.pop();
  return rest[0]?.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
};

function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

// Nobody is asked whether the client may have what it asks for.
async function grantAll(ctx) {
  const { client, params, provider, session } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

const provider = new Provider(settings.issuer, {
  ...settings.configuration,
  jwks: { keys: [generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  // `NAME~BYTES` is a person whose ID token is so many bytes longer.
  findAccount: (_ctx, id) => {
    const [name, bytes] = id.split("~");
    const person = settings.people[name];
    const padding = bytes && { realm_access: "x".repeat(Number(bytes)) };
    return person && { accountId: id, claims: () => ({ sub: id, ...person, ...padding }) };
  },
  loadExistingGrant: grantAll,
  issueRefreshToken: () => true, // with any scope; the clients that keep none throw it away
  rotateRefreshToken: (ctx) => ctx.oidc.client.clientId === settings.rotating,
  // Without its dispatcher, which refuses to send logout tokens to a loopback address.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});
provider.on("backchannel.success", (_ctx, _client, sub, sid) => say({ sub, sid, taken: true }));
provider.on("backchannel.error", (_ctx, error, _client, sub, sid) =>
  say({ sub, sid, taken: false, error: error.message }));
provider.on("grant.revoked", (_ctx, grantId) => say({ revoked: grantId }));
provider.on("server_error", (_ctx, error) => console.error(error));

const certificate = { cert: readFileSync(settings.cert_file), key: readFileSync(settings.key_file) };
const server = createServer(certificate, provider.callback());
server.listen(settings.port, "127.0.0.1", () => say({ ready: true }));
