import { ButtonStyle, ComponentType } from "discord-api-types/v10";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeliveryLane } from "../../src/discord/delivery-lane.ts";
import type { OutgoingMessage } from "../../src/notifications/lane.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { findFreePort } from "../support/free-port.ts";
import { answer, stall, startRawServer } from "../support/raw-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const messages = "/channels/:id/messages";

describe("the delivery lane", () => {
  let discord: SandboxDiscord;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    discord = await startSandboxDiscord();
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await discord.close();
  });

  const laneTo = (settings: Partial<Parameters<typeof createDeliveryLane>[0]> = {}) => {
    const lane = createDeliveryLane({
      apiUrl: discord.apiUrl,
      token: discord.botToken,
      sampleDate: () => {},
      requestsPerSecond: 50,
      onInvalidRequests: () => {},
      ...settings,
    });
    closing.push(lane.close);
    return lane;
  };
  const serve = async (...handle: Parameters<typeof startRawServer>) => {
    const server = await startRawServer(...handle);
    closing.push(server.close);
    return server;
  };
  const message = (nonce: string): OutgoingMessage => ({
    content: `message ${nonce}`,
    nonce,
    enforce_nonce: true,
    allowed_mentions: { parse: [] },
  });

  it("opens the channel of a person and sends a message there, the same channel each time", async () => {
    const lane = laneTo();
    const person = discord.addPerson();
    const { channelId } = await lane.openChannel(person.id);
    expect(await lane.openChannel(person.id)).toEqual({ channelId });
    const { messageId } = await lane.sendMessage(channelId, message("a"));
    expect(discord.directMessages(person.id)).toMatchObject([{ id: messageId, channelId, content: "message a" }]);
  });

  it("shows the person one message when the same one is sent again", async () => {
    const lane = laneTo();
    const person = discord.addPerson();
    const { channelId } = await lane.openChannel(person.id);
    const first = await lane.sendMessage(channelId, message("a"));
    expect(await lane.sendMessage(channelId, message("a"))).toEqual(first);
    expect(discord.directMessages(person.id)).toHaveLength(1);
  });

  it("says that a person takes no direct messages", async () => {
    const lane = laneTo();
    const person = discord.addPerson({ dms: "closed" });
    const { channelId } = await lane.openChannel(person.id);
    await expect(lane.sendMessage(channelId, message("a"))).rejects.toMatchObject({
      name: "LaneError",
      failure: { kind: "discord", status: 403, code: 50007 },
    });
  });

  it("says that Discord refuses the token", async () => {
    await expect(laneTo({ token: "another" }).openChannel("200000000000000001")).rejects.toMatchObject({
      failure: { kind: "discord", status: 401 },
    });
  });

  it("says that Discord failed, and sends once only", async () => {
    const lane = laneTo();
    const { channelId } = await lane.openChannel(discord.addPerson().id);
    const outcome = { kind: "status", status: 503, processed: false } as const;
    discord.addRouteFault({ method: "POST", route: messages, fault: { outcome } });
    await expect(lane.sendMessage(channelId, message("a"))).rejects.toMatchObject({
      failure: { kind: "discord", status: 503, code: 0 },
    });
    expect(discord.requests.filter(({ route }) => route === messages)).toHaveLength(1);
  });

  it.each(["reset", "close"] as const)("says that nothing came back when the connection breaks (%s)", async (kind) => {
    const lane = laneTo();
    const { channelId } = await lane.openChannel(discord.addPerson().id);
    const outcome = { kind, processed: true } as const;
    discord.addRouteFault({ method: "POST", route: messages, fault: { outcome } });
    await expect(lane.sendMessage(channelId, message("a"))).rejects.toMatchObject({ failure: { kind: "network" } });
    expect(discord.requests.filter(({ route }) => route === messages)).toHaveLength(1);
  });

  it("says that nothing came back when nothing listens", async () => {
    const lane = laneTo({ apiUrl: `http://127.0.0.1:${await findFreePort()}/api` });
    await expect(lane.openChannel("1")).rejects.toMatchObject({ failure: { kind: "network" } });
  });

  it("waits as long as Discord asks, and then sends", async () => {
    const lane = laneTo();
    const person = discord.addPerson();
    const { channelId } = await lane.openChannel(person.id);
    const outcome = { kind: "rateLimit", retryAfterMs: 100, scope: "user" } as const;
    discord.addRouteFault({ method: "POST", route: messages, fault: { outcome }, times: 1 });
    await lane.sendMessage(channelId, message("a"));
    const sent = discord.requests.filter(({ route }) => route === messages);
    expect(sent.map(({ status }) => status)).toEqual([429, 200]);
    expect(discord.directMessages(person.id)).toHaveLength(1);
  });

  it("says how long to wait when Discord asks for more than a moment, and holds nobody up", async () => {
    const lane = laneTo();
    const [known, other] = [discord.addPerson(), discord.addPerson()];
    const { channelId } = await lane.openChannel(known.id);
    const outcome = { kind: "rateLimit", retryAfterMs: 60_000, scope: "user" } as const;
    discord.addRouteFault({ method: "POST", route: messages, fault: { outcome }, times: 1 });
    const limited = { failure: { kind: "rateLimited", retryAfterMs: 60_050 } };
    await expect(lane.sendMessage(channelId, message("a"))).rejects.toMatchObject(limited);
    const elsewhere = await lane.openChannel(other.id);
    await lane.sendMessage(elsewhere.channelId, message("b"));
    expect(discord.directMessages(other.id)).toHaveLength(1);
  });

  it("changes a message, and says when it is not there", async () => {
    const lane = laneTo();
    const person = discord.addPerson();
    const { channelId } = await lane.openChannel(person.id);
    const { messageId } = await lane.sendMessage(channelId, message("a"));
    const changed = { content: "changed", allowed_mentions: { parse: [] } };
    await lane.editMessage(channelId, messageId, changed);
    await lane.editMessage(channelId, messageId, changed);
    expect(discord.directMessages(person.id)).toMatchObject([{ id: messageId, content: "changed" }]);
    await expect(lane.editMessage(channelId, "1", changed)).rejects.toMatchObject({
      failure: { kind: "discord", status: 404, code: 10008 },
    });
  });

  it("tells the last messages of a channel by what stands in them", async () => {
    const lane = laneTo();
    const { channelId } = await lane.openChannel(discord.addPerson().id);
    const button = {
      type: ComponentType.Button,
      style: ButtonStyle.Secondary,
      label: "Mute",
      custom_id: "mute:key:1",
    } as const;
    const components: OutgoingMessage["components"] = [{ type: ComponentType.ActionRow, components: [button] }];
    const first = await lane.sendMessage(channelId, { ...message("a"), components });
    const embeds = [{ title: "t", footer: { text: "Reference key" } }, { title: "without one" }];
    const second = await lane.sendMessage(channelId, { ...message("b"), embeds });
    expect(await lane.recentMessages(channelId)).toEqual([
      { messageId: second.messageId, customIds: [], footers: ["Reference key"] },
      { messageId: first.messageId, customIds: ["mute:key:1"], footers: [] },
    ]);
    await expect(lane.recentMessages("1")).rejects.toMatchObject({ failure: { status: 404, code: 10003 } });
  });

  it("takes messages of any shape, and an answer that is no list for none", async () => {
    const odd = [
      { id: "1" },
      { id: "2", components: [{ type: 17, components: [{ type: 10 }] }], embeds: [{ footer: 5 }] },
    ];
    const { apiUrl } = await serve((_request, response) => answer(response, 200, odd));
    expect(await laneTo({ apiUrl }).recentMessages("1")).toEqual([
      { messageId: "1", customIds: [], footers: [] },
      { messageId: "2", customIds: [], footers: [] },
    ]);
    const strange = await serve((_request, response) => answer(response, 200, { ok: true }));
    await expect(laneTo({ apiUrl: strange.apiUrl }).recentMessages("1")).rejects.toMatchObject({
      failure: { kind: "network" },
    });
  });

  it("gives up a request that hangs, also in the middle of the answer", async () => {
    const silent = await serve(() => {});
    const stalling = await serve((_request, response) => stall(response));
    for (const { apiUrl } of [silent, stalling]) {
      await expect(laneTo({ apiUrl, timeoutMs: 100 }).openChannel("1")).rejects.toMatchObject({
        failure: { kind: "network" },
      });
    }
  });

  it("gives up soon after it was told to, also in the middle of the answer", async () => {
    const silent = await serve(() => {});
    const stalling = await serve((_request, response) => stall(response));
    for (const { apiUrl } of [silent, stalling]) {
      await expect(laneTo({ apiUrl }).openChannel("1", AbortSignal.timeout(50))).rejects.toMatchObject({
        failure: { kind: "network" },
      });
    }
  });

  it("takes an answer that is no message for none", async () => {
    const { apiUrl } = await serve((_request, response) => answer(response, 200, { ok: true }));
    await expect(laneTo({ apiUrl }).sendMessage("1", message("a"))).rejects.toMatchObject({
      failure: { kind: "network" },
    });
  });

  it("sends no more a second than its share, and not all of that at once", async () => {
    let arrived = 0;
    const { apiUrl } = await serve((_request, response) => {
      arrived += 1;
      answer(response, 200, { id: "1" });
    });
    const clock = new VirtualClock();
    const lane = laneTo({ apiUrl, requestsPerSecond: 2, clock });
    const [first, second, third] = ["1", "2", "3"].map((channelId) => lane.sendMessage(channelId, message("a")));
    await first;
    await clock.advance(499);
    expect(arrived).toBe(1);
    await clock.advance(1);
    await second;
    await clock.advance(499);
    expect(arrived).toBe(2);
    await clock.advance(1);
    await third;
  });

  it("does not send what was given up while it waited for its turn", async () => {
    let arrived = 0;
    const { apiUrl } = await serve((_request, response) => {
      arrived += 1;
      answer(response, 200, { id: "1" });
    });
    const clock = new VirtualClock();
    const lane = laneTo({ apiUrl, requestsPerSecond: 2, clock });
    const gaveUp = new AbortController();
    await lane.sendMessage("1", message("a"));
    const waiting = lane.sendMessage("2", message("b"), gaveUp.signal);
    gaveUp.abort();
    await expect(waiting).rejects.toMatchObject({ failure: { kind: "network" } });
    await clock.advance(10_000);
    await lane.sendMessage("3", message("c"));
    expect(arrived).toBe(2);
  });

  it("warns when Discord has refused very many requests", async () => {
    const { apiUrl } = await serve((_request, response) => answer(response, 403, { code: 50007, message: "closed" }));
    const warned: number[] = [];
    const onInvalidRequests = (count: number, windowLeftMs: number) => {
      warned.push(count);
      expect(windowLeftMs).toBeGreaterThan(0);
      expect(windowLeftMs).toBeLessThanOrEqual(10 * 60_000);
    };
    const lane = laneTo({ apiUrl, requestsPerSecond: 10_000, onInvalidRequests });
    const sending = Array.from({ length: 500 }, (_, index) =>
      lane.sendMessage(`${index}`, message("a")).catch(() => {}),
    );
    await Promise.all(sending);
    expect(warned).toEqual([500]);
  });
});
