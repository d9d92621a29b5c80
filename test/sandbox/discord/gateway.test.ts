import { GatewayIntentBits, GatewayOpcodes } from "discord-api-types/v10";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SandboxDiscord, SandboxDiscordOptions } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { type IdentifyOptions, identify, openSession, RawGateway, request, resume } from "./support.ts";

describe("the gateway", () => {
  let clock: VirtualClock;
  let sandbox: SandboxDiscord;
  let personId: string;

  const start = async (options: SandboxDiscordOptions = {}) => {
    await sandbox?.close();
    sandbox = await startSandboxDiscord({ clock, heartbeatIntervalMs: 40_000, ...options });
    personId = sandbox.addPerson().id;
  };

  beforeEach(async () => {
    clock = new VirtualClock();
    await start();
  });

  afterEach(() => sandbox.close());

  const command = (place: "guild" | "dm" = "guild") =>
    sandbox.interact({ kind: "command", name: "any", personId, place });

  const closeCodeAfter = async (payload: unknown): Promise<number> => {
    const gateway = new RawGateway(sandbox);
    await gateway.next();
    gateway.send(payload);
    return gateway.closed;
  };

  const refusalOf = (options: IdentifyOptions): Promise<number> => closeCodeAfter(identify(sandbox, options));

  describe("opening a session", () => {
    it("says HELLO with the heartbeat interval, then READY with where to resume [discord-facts.md 2.5]", async () => {
      const gateway = new RawGateway(sandbox);
      expect(await gateway.next()).toMatchObject({ op: GatewayOpcodes.Hello, d: { heartbeat_interval: 40_000 } });
      gateway.send(identify(sandbox));
      expect(await gateway.next()).toMatchObject({
        op: 0,
        t: "READY",
        s: 1,
        d: {
          v: 10,
          resume_gateway_url: sandbox.apiUrl.replace("http:", "ws:").replace("/api", ""),
          session_id: expect.any(String),
          user: { id: sandbox.applicationId, bot: true },
          guilds: [{ id: sandbox.guildId, unavailable: true }],
          application: { id: sandbox.applicationId },
          shard: [0, 1],
        },
      });
    });

    it("sends the guild only with the Guilds intent [discord-facts.md 2.7]", async () => {
      const withIntent = await openSession(sandbox, { intents: GatewayIntentBits.Guilds });
      expect(await withIntent.gateway.next()).toMatchObject({ t: "GUILD_CREATE", d: { id: sandbox.guildId } });
      const without = await openSession(sandbox);
      command();
      expect(await without.gateway.next()).toMatchObject({ t: "INTERACTION_CREATE" });
    });

    it("answers in plain text whatever compression the client offers", async () => {
      const gateway = new RawGateway(sandbox, "v=10&encoding=json&compress=zlib-stream");
      expect(await gateway.next()).toMatchObject({ op: GatewayOpcodes.Hello });
    });

    it.each([
      ["a wrong token: 4004", { token: "wrong" }, 4004],
      ["a shard outside its count: 4010", { shard: [1, 1] as const }, 4010],
      ["unknown intents: 4013", { intents: 1 << 30 }, 4013],
      ["a privileged intent that was not granted: 4014", { intents: GatewayIntentBits.MessageContent }, 4014],
    ])("closes for %s [discord-facts.md 3.2]", async (_what, options, code) => {
      expect(await refusalOf(options)).toBe(code);
      expect(sandbox.sessions).toEqual([]);
    });

    it("closes with 4011 when there are too few shards [discord-facts.md 3.2, 3.4]", async () => {
      await start({ shards: 2 });
      expect(await refusalOf({ shard: [0, 1] })).toBe(4011);
    });

    it("accepts a privileged intent that was granted", async () => {
      await start({ privilegedIntents: GatewayIntentBits.MessageContent });
      await openSession(sandbox, { intents: GatewayIntentBits.MessageContent });
      expect(sandbox.sessions).toMatchObject([{ intents: GatewayIntentBits.MessageContent }]);
    });

    it("closes with 4012 for another API version", async () => {
      expect(await new RawGateway(sandbox, "v=8").closed).toBe(4012);
    });

    it("counts identifies, and resets the token at one too many [discord-facts.md 3.2]", async () => {
      await start({ identifiesRemaining: 1 });
      const first = await openSession(sandbox);
      expect((await request(sandbox, "GET", "/gateway/bot")).body).toMatchObject({
        session_start_limit: { total: 1000, remaining: 0 },
      });
      const { botToken } = sandbox;
      expect(await refusalOf({})).toBe(4004);
      expect(await first.gateway.closed).toBe(4004);
      expect(sandbox.botToken).not.toBe(botToken);
      expect(sandbox.sessions).toEqual([]);
    });
  });

  it("allows a thousand identifies again a day after the first, and counts no resume [discord-facts.md 3.2]", async () => {
    const limit = async () => {
      const { body } = await request(sandbox, "GET", "/gateway/bot");
      return body.session_start_limit;
    };
    expect(await limit()).toMatchObject({ total: 1000, remaining: 1000, reset_after: 0 });
    const { gateway, sessionId } = await openSession(sandbox);
    const dayMs = 24 * 60 * 60_000;
    expect(await limit()).toMatchObject({ remaining: 999, reset_after: dayMs });
    sandbox.dropGateway();
    await gateway.closed;
    const again = new RawGateway(sandbox);
    await again.next();
    again.send(resume(sandbox, sessionId, 1));
    await again.nextEvent("RESUMED");
    expect(sandbox.identifiesRemaining).toBe(999);
    await clock.advance(1000);
    expect(await limit()).toMatchObject({ remaining: 999, reset_after: dayMs - 1000 });
    await clock.advance(dayMs - 1000);
    expect(await limit()).toMatchObject({ remaining: 1000, reset_after: 0 });
  });

  it.each([
    [4000, true],
    [4200, true],
    [1000, false],
    [1001, false],
  ])(
    "keeps a session that its client closed with %i for some minutes: %s [discord-facts.md 3.2]",
    async (code, kept) => {
      const { gateway, sessionId } = await openSession(sandbox);
      gateway.close(code);
      await gateway.closed;
      expect(sandbox.sessions).toMatchObject(kept ? [{ id: sessionId, connected: false }] : []);
      const missed = command();
      await clock.advance(2 * 60_000);
      const again = new RawGateway(sandbox);
      await again.next();
      again.send(resume(sandbox, sessionId, 1));
      const next = await again.next();
      if (kept) expect(next).toMatchObject({ t: "INTERACTION_CREATE", d: { id: missed.id } });
      else expect(next).toMatchObject({ op: GatewayOpcodes.InvalidSession, d: false });
    },
  );

  describe("what a client may not do", () => {
    it.each([
      ["an unknown opcode: 4001", { op: 99, d: null }, 4001],
      ["what is not JSON: 4002", "{", 4002],
      ["a payload above 4096 bytes: 4002", { op: 1, d: "x".repeat(5000) }, 4002],
      ["a presence before IDENTIFY: 4003", { op: 3, d: {} }, 4003],
    ])("closes for %s [discord-facts.md 3.2]", async (_what, payload, code) => {
      expect(await closeCodeAfter(payload)).toBe(code);
    });

    it("closes with 4005 for a second IDENTIFY [discord-facts.md 3.2]", async () => {
      const { gateway } = await openSession(sandbox);
      gateway.send(identify(sandbox));
      expect(await gateway.closed).toBe(4005);
    });

    it("closes with 4008 for more than 120 payloads in a minute [discord-facts.md 3.2]", async () => {
      const { gateway } = await openSession(sandbox);
      for (let sent = 1; sent < 120; sent += 1) gateway.send({ op: 1, d: null });
      gateway.send({ op: 1, d: null });
      expect(await gateway.closed).toBe(4008);
    });
  });

  describe("heartbeats", () => {
    it("acknowledges each of them", async () => {
      const { gateway } = await openSession(sandbox);
      gateway.send({ op: GatewayOpcodes.Heartbeat, d: 1 });
      expect(await gateway.next()).toMatchObject({ op: GatewayOpcodes.HeartbeatAck });
    });

    it("keeps a client that sends them and closes one that stopped with 4009 [discord-facts.md 3.3]", async () => {
      const { gateway } = await openSession(sandbox);
      await clock.advance(40_000);
      gateway.send({ op: GatewayOpcodes.Heartbeat, d: 1 });
      await gateway.next(({ op }) => op === GatewayOpcodes.HeartbeatAck);
      await clock.advance(59_999);
      expect(sandbox.sessions).toMatchObject([{ connected: true }]);
      await clock.advance(1);
      expect(await gateway.closed).toBe(4009);
    });

    it("asks for one out of turn", async () => {
      const { gateway } = await openSession(sandbox);
      sandbox.requestHeartbeat();
      expect(await gateway.next()).toMatchObject({ op: GatewayOpcodes.Heartbeat });
    });
  });

  describe("resuming", () => {
    it("replays what was missed, in order, then says RESUMED [discord-facts.md 3.3]", async () => {
      const { gateway, sessionId } = await openSession(sandbox);
      const seen = command();
      const { s } = await gateway.nextEvent("INTERACTION_CREATE");
      sandbox.dropGateway();
      await gateway.closed;
      const missed = [command(), command()];
      const again = new RawGateway(sandbox);
      await again.next();
      again.send(resume(sandbox, sessionId, s ?? 0));
      for (const [index, interaction] of missed.entries()) {
        expect(await again.next()).toMatchObject({
          t: "INTERACTION_CREATE",
          s: (s ?? 0) + 1 + index,
          d: { id: interaction.id },
        });
        expect(interaction.report().deliveries).toMatchObject([{ sessionId, replayed: true }]);
      }
      expect(await again.next()).toMatchObject({ t: "RESUMED" });
      expect(seen.report().deliveries).toMatchObject([{ replayed: false }]);
    });

    it("dispatches an event again whose number the client did not keep [discord-facts.md 3.3]", async () => {
      const { gateway, sessionId } = await openSession(sandbox);
      const interaction = command();
      const { s } = await gateway.nextEvent("INTERACTION_CREATE");
      sandbox.dropGateway();
      const again = new RawGateway(sandbox);
      await again.next();
      again.send(resume(sandbox, sessionId, (s ?? 0) - 1));
      await again.nextEvent("RESUMED");
      expect(interaction.report().deliveries.map(({ replayed }) => replayed)).toEqual([false, true]);
    });

    it.each([
      ["an unknown session", () => ({})],
      ["a session closed with 1000", (gateway: RawGateway) => gateway.close(1000)],
      ["a session that cannot be resumed", () => sandbox.dropGateway({ resumable: false })],
      ["a session left for minutes", () => sandbox.dropGateway()],
    ])("answers %s with op 9 and lets the client identify anew [discord-facts.md 3.2, 3.3]", async (what, end) => {
      const { gateway, sessionId } = await openSession(sandbox);
      end(gateway);
      if (what !== "an unknown session") await gateway.closed;
      if (what === "a session left for minutes") await clock.advance(3 * 60_000);
      const again = new RawGateway(sandbox);
      await again.next();
      again.send(resume(sandbox, what === "an unknown session" ? "made-up" : sessionId, 1));
      expect(await again.next()).toMatchObject({ op: GatewayOpcodes.InvalidSession, d: false });
      again.send(identify(sandbox));
      expect(await again.next()).toMatchObject({ t: "READY" });
    });

    it("closes with 4007 for a number it never sent [discord-facts.md 3.2]", async () => {
      const { gateway, sessionId } = await openSession(sandbox);
      sandbox.dropGateway();
      await gateway.closed;
      expect(await closeCodeAfter(resume(sandbox, sessionId, 99))).toBe(4007);
    });

    it("asks to reconnect with op 7 and calls a session invalid with op 9 when told to [discord-facts.md 3.2]", async () => {
      const { gateway } = await openSession(sandbox);
      sandbox.dropGateway({ request: "reconnect" });
      expect(await gateway.next()).toMatchObject({ op: GatewayOpcodes.Reconnect });
      sandbox.dropGateway({ request: "invalidSession", resumable: false });
      expect(await gateway.next()).toMatchObject({ op: GatewayOpcodes.InvalidSession, d: false });
      expect(sandbox.sessions).toEqual([]);
    });

    it("drops one session with the code it is given and leaves the others", async () => {
      const [first, second] = [await openSession(sandbox), await openSession(sandbox)];
      sandbox.dropGateway({ sessionId: first.sessionId, code: 4000 });
      expect(await first.gateway.closed).toBe(4000);
      expect(sandbox.sessions.map(({ id, connected }) => [id, connected])).toEqual([
        [first.sessionId, false],
        [second.sessionId, true],
      ]);
    });
  });

  describe("who receives an interaction", () => {
    it("is every session of the shard [discord-facts.md 3.1]", async () => {
      const [first, second] = [await openSession(sandbox), await openSession(sandbox)];
      const { id } = command();
      for (const { gateway } of [first, second]) {
        expect(await gateway.nextEvent("INTERACTION_CREATE")).toMatchObject({ d: { id } });
      }
    });

    it("is shard 0 for direct messages and (id >> 22) % n for the guild [discord-facts.md 3.4]", async () => {
      const shards = await Promise.all([0, 1, 2].map((id) => openSession(sandbox, { shard: [id, 3] })));
      const guildShard = Number((BigInt(sandbox.guildId) >> 22n) % 3n);
      const inGuild = command("guild");
      const inDm = command("dm");
      expect(inGuild.report().deliveries.map(({ sessionId }) => sessionId)).toEqual([shards[guildShard]?.sessionId]);
      expect(inDm.report().deliveries.map(({ sessionId }) => sessionId)).toEqual([shards[0]?.sessionId]);
    });

    it("is nobody when nobody is connected, and the person sees a failure", async () => {
      const interaction = command();
      await clock.advance(3000);
      expect(await interaction.settled()).toMatchObject({ saw: "failed", deliveries: [] });
    });

    it("is only the session a test names", async () => {
      const [first, second] = [await openSession(sandbox), await openSession(sandbox)];
      const only = sandbox.interact({ kind: "command", name: "any", personId }, { onlySession: 1 });
      await second.gateway.nextEvent("INTERACTION_CREATE");
      expect(only.report().deliveries).toMatchObject([{ sessionId: second.sessionId }]);
      expect(first.gateway.pending).toEqual([]);
    });
  });

  it("tells sessions with the intent of direct messages, and no others", async () => {
    const listening = await openSession(sandbox, { intents: GatewayIntentBits.DirectMessages });
    const deaf = await openSession(sandbox);
    const { body } = await request(sandbox, "POST", "/users/@me/channels", { body: { recipient_id: personId } });
    await request(sandbox, "POST", `/channels/${body.id}/messages`, { body: { content: "hello" } });
    expect(await listening.gateway.nextEvent("MESSAGE_CREATE")).toMatchObject({ d: { content: "hello" } });
    expect(deaf.gateway.pending).toEqual([]);
  });

  it("says when enough sessions are ready", async () => {
    const both = sandbox.gatewayReady(2);
    await openSession(sandbox);
    let early = true;
    void both.then(() => {
      early = false;
    });
    await clock.advance(0);
    expect(early).toBe(true);
    await openSession(sandbox);
    await both;
  });
});
