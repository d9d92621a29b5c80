import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { request } from "./support.ts";

describe("the HTTP API", () => {
  let sandbox: SandboxDiscord;

  beforeEach(async () => {
    sandbox = await startSandboxDiscord();
  });

  afterEach(() => sandbox.close());

  it.each([
    ["GET", "/gateway/bot"],
    ["GET", "/users/@me"],
    ["GET", "/applications/@me"],
    ["GET", "/oauth2/applications/@me"],
    ["POST", "/users/@me/channels"],
    ["GET", "/channels/1"],
  ])("answers %s %s without the bot's token with 401 [discord-facts.md 2.4]", async (method, path) => {
    for (const authorization of [null, "Bot wrong", sandbox.botToken]) {
      expect(await request(sandbox, method, path, { authorization })).toMatchObject({ status: 401, body: { code: 0 } });
    }
  });

  it("tells who the bot is and where it is", async () => {
    const { applicationId: id, guildId } = sandbox;
    expect(await request(sandbox, "GET", "/users/@me")).toMatchObject({ status: 200, body: { id, bot: true } });
    expect(await request(sandbox, "GET", "/applications/@me")).toMatchObject({ body: { id } });
    expect(await request(sandbox, "GET", `/guilds/${guildId}`)).toMatchObject({ body: { id: guildId } });
    expect(await request(sandbox, "GET", "/guilds/1")).toMatchObject({ status: 404, body: { code: 10004 } });
    expect(await request(sandbox, "GET", "/channels/1")).toMatchObject({ status: 404, body: { code: 10003 } });
    expect(await request(sandbox, "GET", "/users/1")).toMatchObject({ status: 404, body: { code: 10013 } });
  });

  it("tells the gateway's address to anybody and the identifies left to the bot [discord-facts.md 3.2]", async () => {
    const url = sandbox.apiUrl.replace("http:", "ws:").replace("/api", "");
    expect(await request(sandbox, "GET", "/gateway", { authorization: null })).toMatchObject({ body: { url } });
    expect(await request(sandbox, "GET", "/gateway/bot")).toMatchObject({
      body: { url, shards: 1, session_start_limit: { total: 1000, remaining: 1000, max_concurrency: 1 } },
    });
  });

  it("answers an unknown route with 404 and a wrong method with 405, code 0", async () => {
    expect(await request(sandbox, "GET", "/nothing/here")).toMatchObject({ status: 404, body: { code: 0 } });
    expect(await request(sandbox, "DELETE", "/users/@me")).toMatchObject({ status: 405, body: { code: 0 } });
  });

  it("refuses a body above 25 MiB with 413/40005 [discord-facts.md 1.4]", async () => {
    const body = { recipient_id: "1".repeat(26 * 1024 * 1024) };
    expect(await request(sandbox, "POST", "/users/@me/channels", { body })).toMatchObject({
      status: 413,
      body: { code: 40005 },
    });
  });

  it("has version 10 as its default", async () => {
    const response = await fetch(`${sandbox.apiUrl}/gateway`);
    expect(response.status).toBe(200);
  });

  it("gives the rate limit and Discord's time with every answer [discord-facts.md 4.2, 6]", async () => {
    const { headers } = await request(sandbox, "GET", "/users/@me");
    for (const name of ["limit", "remaining", "reset", "reset-after", "bucket"]) {
      expect(headers.get(`x-ratelimit-${name}`)).not.toBeNull();
    }
    expect(Math.abs(Date.parse(headers.get("date") ?? "") - Date.now())).toBeLessThan(5000);
  });

  it("registers commands for the application and its guild, and for no other [discord-facts.md 5]", async () => {
    const { applicationId, guildId } = sandbox;
    const commands = [{ name: "ping", description: "Ping" }];
    const put = (path: string) => request(sandbox, "PUT", path, { body: commands });
    expect(await put(`/applications/${applicationId}/commands`)).toMatchObject({ status: 200 });
    expect(await put(`/applications/${applicationId}/guilds/${guildId}/commands`)).toMatchObject({ status: 200 });
    expect(await put("/applications/1/commands")).toMatchObject({ status: 403, body: { code: 20012 } });
    expect(await put(`/applications/${applicationId}/guilds/1/commands`)).toMatchObject({ body: { code: 10004 } });
    expect(sandbox.commands().map(({ name }) => name)).toEqual(["ping", "ping"]);
    expect(sandbox.commands(guildId)).toHaveLength(1);
  });

  it("keeps the guild channel's messages", async () => {
    const { body: guild } = await request(sandbox, "GET", "/users/@me/guilds");
    expect(guild).toMatchObject({ items: [{ id: sandbox.guildId }] });
    const { body: channels } = await request(sandbox, "GET", `/guilds/${sandbox.guildId}/channels`);
    const channel = `/channels/${firstId(channels)}`;
    const { body } = await request(sandbox, "POST", `${channel}/messages`, { body: { content: "one" } });
    await request(sandbox, "PATCH", `${channel}/messages/${body.id}`, { body: { content: "two" } });
    expect(await request(sandbox, "GET", `${channel}/messages/${body.id}`)).toMatchObject({ body: { content: "two" } });
    expect(await request(sandbox, "DELETE", `${channel}/messages/${body.id}`)).toMatchObject({ status: 204 });
    expect(await request(sandbox, "GET", `${channel}/messages/${body.id}`)).toMatchObject({ body: { code: 10008 } });
  });

  it("lists a channel's messages, and refuses a page that Discord would not give [message resource]", async () => {
    const { body: opened } = await request(sandbox, "POST", "/users/@me/channels", {
      body: { recipient_id: sandbox.addPerson().id },
    });
    const { body: channels } = await request(sandbox, "GET", `/guilds/${sandbox.guildId}/channels`);
    for (const id of [opened.id, firstId(channels)]) {
      const path = `/channels/${id}/messages`;
      await request(sandbox, "POST", path, { body: { content: "one" } });
      await request(sandbox, "POST", path, { body: { content: "two" } });
      expect(await request(sandbox, "GET", path)).toMatchObject({
        body: { items: [{ content: "two" }, { content: "one" }] },
      });
      expect(await request(sandbox, "GET", `${path}?limit=1`)).toMatchObject({ body: { items: [{ content: "two" }] } });
      for (const limit of ["0", "101", "many"]) {
        expect(await request(sandbox, "GET", `${path}?limit=${limit}`)).toMatchObject({ body: { code: 50035 } });
      }
    }
  });

  it("ends every connection when it closes, those that hang too", async () => {
    sandbox.addRouteFault({
      method: "GET",
      route: "/users/@me",
      fault: { outcome: { kind: "hang", processed: true } },
    });
    const hanging = expect(request(sandbox, "GET", "/users/@me")).rejects.toThrow();
    await request(sandbox, "GET", "/gateway");
    await sandbox.close();
    await hanging;
  });
});

const firstId = (list: Readonly<Record<string, unknown>>): unknown => {
  const [first] = Array.isArray(list.items) ? list.items : [];
  return first.id;
};
