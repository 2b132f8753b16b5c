// A real OpenID Connect provider (npm oidc-provider) with a plain sign-in page.
// node openid_provider.mjs <node_modules> <port> <redirect uri> <client id> <client secret>
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [modules, port, redirect, clientId, secret] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(`${modules}/oidc-provider/lib/index.js`).href
);
const people = {
  lisa: { email: "Lisa@spd.example", email_verified: true },
  impostor: { email: "lisa@spd.example", email_verified: true },
  stranger: { email: "sideshow.bob@spd.example", email_verified: true },
  unverified: { email: "ned@spd.example", email_verified: false },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: clientId, client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ["a key of tests"] },
  findAccount: (ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});
const callback = provider.callback();
const page = `<!doctype html><html lang="en"><title>Agency</title><link rel="icon" href="data:,">
<h1>Agency sign-in</h1><form method="post"><label>User <input name="user"></label>
<button name="act" value="go">Continue</button><button name="act" value="no">Cancel</button></form>`;

createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return callback(request, response);
  if (request.method !== "POST") {
    response.setHeader("Content-Type", "text/html");
    return response.end(page);
  }
  let body = "";
  for await (const part of request) body += part;
  const given = new URLSearchParams(body);
  const result =
    given.get("act") === "no"
      ? { error: "access_denied", error_description: "<b>no</b>" }
      : { login: { accountId: given.get("user") } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}).listen(Number(port), "127.0.0.1", () => console.log("up"));
