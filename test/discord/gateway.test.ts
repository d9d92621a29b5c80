import { once } from "node:events";
import { REST } from "@discordjs/rest";
import { WebSocketManager } from "@discordjs/ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { ClosingStrategy } from "../../src/discord/closing-strategy.ts";
import { TokenRefusedError, WrongApplicationError } from "../../src/discord/gateway.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { answer, startRawServer } from "../support/raw-server.ts";
import { settle } from "../support/virtual-clock.ts";
import { createListeningGateway } from "./listening-gateway.ts";

describe("the gateway", () => {
  let discord: SandboxDiscord;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    discord = await startSandboxDiscord();
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await discord.close();
  });

  const createListening = (settings: Parameters<typeof createListeningGateway>[1] = {}) => {
    const listening = createListeningGateway(discord, settings);
    closing.push(() => listening.gateway.close());
    return listening;
  };

  const register = () =>
    deploy(
      createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken),
      { applicationId: discord.applicationId, guildId: discord.guildId },
      [{ name: "ping", description: "Here?" }],
    );
  const use = (faults = {}) =>
    discord.interact({ kind: "command", name: "ping", personId: discord.addPerson().id }, faults);

  it("asks for no intents and is up when connected", async () => {
    const { gateway, told } = createListening();
    await gateway.connect();
    expect(told).toEqual(["up"]);
    expect(discord.sessions).toMatchObject([{ connected: true, intents: 0 }]);
  });

  it("hands over interactions as discord.js made them", async () => {
    await register();
    const { gateway, interactions, until } = createListening();
    await gateway.connect();
    const used = use();
    await until(() => interactions.length === 1);
    expect(interactions[0]?.id).toBe(used.id);
    expect(interactions[0]?.isChatInputCommand()).toBe(true);
  });

  it("is down while the connection is cut, up when resumed, and what came in between arrives then", async () => {
    await register();
    const { gateway, told, interactions, closedForGood, until } = createListening();
    await gateway.connect();
    const used = use({ dropGatewayFirst: true });
    await until(() => told.length === 3 && interactions.length === 1);
    expect(told).toEqual(["up", "down: reconnecting", "up"]);
    expect(interactions.map(({ id }) => id)).toEqual([used.id]);
    expect(used.report().deliveries).toMatchObject([{ replayed: true }]);
    expect(discord.sessions).toHaveLength(1);
    expect(closedForGood).toEqual([]);
  });

  it("says once that it is down, however often it tries to connect again", async () => {
    const { gateway, told } = createListening();
    await gateway.connect();
    await discord.close();
    const refusing = new WebSocketServer({ host: "127.0.0.1", port: Number(new URL(discord.apiUrl).port) });
    closing.push(() => new Promise((resolve) => refusing.close(() => resolve())));
    for (let attempts = 0; attempts < 3; attempts += 1) {
      const [socket] = await once(refusing, "connection");
      socket.close(1012);
      await once(socket, "close");
    }
    expect(told).toEqual(["up", "down: reconnecting"]);
    await gateway.close();
  });

  it.each([
    { code: 4004, advice: "DISCORD_BOT_TOKEN is not valid", badConfiguration: true },
    { code: 4011, advice: "starting again asks Discord", badConfiguration: false },
    { code: 4013, advice: "the intents are not valid", badConfiguration: true },
    { code: 4014, advice: "allow them in the Developer Portal", badConfiguration: true },
  ])("says once, with advice, that it is closed for good ($code)", async ({ code, advice, badConfiguration }) => {
    const { gateway, told, closedForGood, until } = createListening();
    await gateway.connect();
    discord.dropGateway({ code, resumable: false });
    await until(() => closedForGood.length > 0);
    expect(closedForGood).toMatchObject([{ code: "GATEWAY_CLOSED", closeCode: code, badConfiguration }]);
    expect(closedForGood[0]?.message).toContain(advice);
    expect(told).toEqual(["up", `down: closed with code ${code}`]);
    await gateway.close();
    expect(closedForGood).toHaveLength(1);
  });

  it("says so too when Discord refuses the token only at the gateway", async () => {
    const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(sockets, "listening");
    closing.push(() => new Promise((resolve) => sockets.close(() => resolve())));
    sockets.on("connection", (socket) => {
      socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 45_000 }, s: null, t: null }));
      socket.on("message", () => socket.close(4004));
    });
    const address = sockets.address();
    const url = `ws://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
    const limit = { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 };
    const http = await startRawServer((_, response) =>
      answer(response, 200, { url, shards: 1, session_start_limit: limit }),
    );
    closing.push(http.close);
    const { gateway, told, closedForGood } = createListening({ apiUrl: http.apiUrl });
    await expect(gateway.connect()).rejects.toBeInstanceOf(Error);
    expect(closedForGood).toMatchObject([{ closeCode: 4004, badConfiguration: true }]);
    expect(told).toEqual(["down: closed with code 4004"]);
  });

  it("refuses to connect with a token that Discord does not accept, and does not repeat the token", async () => {
    const token = "a-token-that-is-wrong";
    const { gateway, told } = createListening({ token });
    const failure: unknown = await gateway.connect().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TokenRefusedError);
    expect(failure).toMatchObject({ code: "TOKEN_REFUSED", message: expect.stringContaining("DISCORD_BOT_TOKEN") });
    expect(String(failure)).not.toContain(token);
    expect(told).toEqual([]);
  });

  it("refuses to go on when the token belongs to another application than the one configured", async () => {
    const applicationId = "123456789012345678";
    const failure: unknown = await createListening({ applicationId })
      .gateway.connect()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WrongApplicationError);
    expect(String(failure)).toContain(`DISCORD_CLIENT_ID is ${applicationId}`);
    expect(String(failure)).toContain(discord.applicationId);
  });

  it("pings nobody by what it writes", async () => {
    await register();
    const { gateway, interactions, until } = createListening();
    await gateway.connect();
    const used = use();
    await until(() => interactions.length === 1);
    const [interaction] = interactions;
    if (interaction?.isChatInputCommand() !== true) throw new Error("no command");
    await interaction.reply(`@everyone and <@${interaction.user.id}>`);
    expect(used.report().visible).toMatchObject([{ content: expect.stringContaining("@everyone"), pings: [] }]);
  });

  it("ends its session when it is closed, and calls that neither a loss nor fatal", async () => {
    const { gateway, told, closedForGood } = createListening();
    await gateway.connect();
    await gateway.close();
    expect(discord.sessions).toEqual([]);
    expect(told).toEqual(["up"]);
    expect(closedForGood).toEqual([]);
  });

  it("can be closed before it was connected", async () => {
    const { gateway, told } = createListening();
    await gateway.close();
    expect(told).toEqual([]);
  });

  it("can be closed while it is connecting: the connection is closed with it, and its failure is nobody's surprise", async () => {
    const http = await startRawServer((_, response) => {
      const url = `ws://${new URL(http.apiUrl).host}`;
      const limit = { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 };
      answer(response, 200, { url, shards: 1, session_start_limit: limit });
    });
    closing.push(http.close);
    const upgrade = once(http.server, "upgrade");
    const { gateway } = createListening({ apiUrl: http.apiUrl });
    void gateway.connect();
    // The handshake is never completed.
    const [, socket] = await upgrade;
    closing.unshift(async () => void socket.destroy());
    const ended = once(socket.resume(), "end");
    await gateway.close();
    await ended;
  });

  it("does not connect again after its end, also when it had lost its connection a moment before", async () => {
    const manager = new WebSocketManager({
      token: "token",
      intents: 0,
      rest: new REST(),
      buildStrategy: (of) => new ClosingStrategy(of),
    });
    // What a shard asks for first when it connects again.
    const asked = () => Promise.race([manager.options.retrieveSessionInfo(0), settle().then(() => "no answer")]);
    expect(await asked()).toBeNull();
    await manager.destroy();
    expect(await asked()).toBe("no answer");
  });

  it("knows no latency before the first heartbeat", async () => {
    const { gateway } = createListening();
    expect(gateway.latencyMs).toBeUndefined();
    await gateway.connect();
    expect(gateway.latencyMs).toBeUndefined();
  });
});
