import { once } from "node:events";
import { InteractionResponseType } from "discord-api-types/v10";
import { Agent, buildConnector } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { createSendCallback } from "../../src/interactions/callback-request.ts";
import { answer, stall, startRawServer } from "../support/raw-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const defer = { type: InteractionResponseType.DeferredChannelMessageWithSource } as const;
const target = { id: "1", applicationId: "2", token: "aW50ZXJhY3Rpb246" };
const timeoutMs = 2500;

describe("a callback request", () => {
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const serve = async (...handle: Parameters<typeof startRawServer>) => {
    const server = await startRawServer(...handle);
    closing.push(server.close);
    return server;
  };
  const agentWith = (options: Agent.Options = {}) => {
    const agent = new Agent(options);
    closing.push(() => agent.destroy());
    return agent;
  };
  /** The clock stands still until a test moves it. */
  const sendTo = (apiUrl: string, { clock = new VirtualClock(), agent = agentWith() } = {}) =>
    createSendCallback({ apiUrl, sampleDate: () => {}, clock })(agent, target, defer, timeoutMs);

  it("is a POST of JSON to the versioned route, names the library and carries no bot token", async () => {
    const seen: unknown[] = [];
    const server = await serve((request, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, type: headers["content-type"], length: headers["content-length"] });
      expect(headers["user-agent"]).toMatch(/^DiscordBot \(https:\/\/[^,]+, [\d.]+\)/);
      expect(headers.authorization).toBeUndefined();
      answer(response, 200, {});
    });
    await sendTo(server.apiUrl);
    await sendTo(`${server.apiUrl}/`);
    const url = `/api/v10/interactions/1/${target.token}/callback`;
    const type = "application/json";
    const request = { method: "POST", url, type, length: String(JSON.stringify(defer).length) };
    expect(seen).toEqual([request, request]);
  });

  it("is accepted by the status alone: a body that never comes is not waited for", async () => {
    const server = await serve((_request, response) => stall(response));
    expect(await sendTo(server.apiUrl)).toEqual({ kind: "accepted" });
  });

  it("is unaccounted for when a refusal breaks off: the timeout bounds the whole call", async () => {
    const clock = new VirtualClock();
    const server = await serve((_request, response) => stall(response, 400));
    const sent = sendTo(server.apiUrl, { clock });
    await once(server.server, "request");
    await clock.advance(timeoutMs);
    expect(await sent).toEqual({ kind: "unaccounted" });
  });

  it("is unaccounted for with a status that says neither yes nor no", async () => {
    const server = await serve((_request, response) => answer(response, 302, {}));
    expect(await sendTo(server.apiUrl)).toEqual({ kind: "unaccounted", status: 302 });
  });

  it("is not accepted by headers that come before the response", async () => {
    const server = await serve((_request, response) => {
      response.writeEarlyHints({ link: "</>; rel=preload" });
      answer(response, 400, { code: 40060 });
    });
    expect(await sendTo(server.apiUrl)).toEqual({ kind: "refused", status: 400, code: 40060 });
  });

  it.each([
    { what: "a page", body: "<html>{</html>", code: 0 },
    { what: "JSON without a code", body: "{}", code: 0 },
    { what: "a code that is no number", body: '{"code":"40060"}', code: 0 },
    { what: "JSON that is no object", body: "null", code: 0 },
    { what: "a code among other things", body: '{"message":"ü","code":40060,"errors":{}}', code: 40060 },
  ])("is refused, whatever the body says: $what", async ({ body, code }) => {
    const server = await serve((_request, response) => {
      response.writeHead(400);
      response.end(body);
    });
    expect(await sendTo(server.apiUrl)).toEqual({ kind: "refused", status: 400, code });
  });

  it.each([
    { where: "the body, exactly", header: "2", body: '{"retry_after":1.234}', retryAfterMs: 1234 },
    { where: "the header, where the body is a page", header: "3", body: "<html>", retryAfterMs: 3000 },
    { where: "nowhere", header: undefined, body: "", retryAfterMs: 1000 },
    { where: "a header that is no number", header: "soon", body: "", retryAfterMs: 1000 },
  ])("is limited for the time that stands in $where", async ({ header, body, retryAfterMs }) => {
    const server = await serve((_request, response) => {
      response.writeHead(429, header === undefined ? {} : { "retry-after": header });
      response.end(body);
    });
    expect(await sendTo(server.apiUrl)).toEqual({ kind: "limited", retryAfterMs });
  });

  it("is unsent when there is no socket in time, and does not leave when there is one later", async () => {
    const urls: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      urls.push(request.url);
      answer(response, 200, {});
    });
    const connect = buildConnector({});
    let connectNow = () => {};
    const mayConnect = new Promise<void>((resolve) => {
      connectNow = resolve;
    });
    // One connection at a time, on which what was asked for first would also be first.
    const agent = agentWith({
      connections: 1,
      connect: (options, callback) => void mayConnect.then(() => connect(options, callback)),
    });
    const clock = new VirtualClock();
    const sent = sendTo(server.apiUrl, { clock, agent });
    await clock.advance(timeoutMs);
    expect(await sent).toEqual({ kind: "unsent" });
    const next = agent.request({ origin: new URL(server.apiUrl).origin, path: "/next", method: "GET" });
    connectNow();
    await (await next).body.dump();
    expect(urls).toEqual(["/next"]);
  });

  it("leaves no timer behind, however it ends", async () => {
    const clock = new VirtualClock();
    const server = await serve((_request, response) => response.writeHead(204).end());
    await sendTo(server.apiUrl, { clock });
    const agent = agentWith({ connect: (_options, callback) => callback(new Error("no"), null) });
    await sendTo(server.apiUrl, { clock, agent });
    expect(clock.pending).toBe(0);
  });

  it("is unsent when the socket cannot be made", async () => {
    const agent = agentWith({ connect: (_options, callback) => callback(new Error("no"), null) });
    expect(await sendTo("http://127.0.0.1:1/api", { agent })).toEqual({ kind: "unsent" });
  });
});
