import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestSandbox } from "../support/sandbox.ts";
import { isLeftOpen } from "./support/kept.ts";
import { ask, LeaseTest, leads, standsBy } from "./support/lease.ts";

describe("processes of which one leads", { timeout: 90_000 }, () => {
  let test: LeaseTest;

  beforeAll(async () => {
    test = new LeaseTest(await startTestSandbox());
  });
  afterEach(() => test.end());
  afterAll(() => test.sandbox.stop());

  it("are ready as leader and as standby, and say which they are", async () => {
    const [leader, standby] = await test.startPair();
    expect(await ask(leader, "readyz")).toEqual({ status: 200, body: { status: "ready" } });
    expect(await ask(standby, "readyz")).toEqual({ status: 200, body: { status: "standby", reasons: [] } });
    const { body: ofLeader } = await ask(leader, "health");
    const { body: ofStandby } = await ask(standby, "health");
    expect(ofLeader).toMatchObject({ status: "ready", role: "leader", instanceMode: "lease", gateway: "up" });
    expect(ofStandby).toMatchObject({ status: "standby", role: "standby", epoch: ofLeader.epoch, gateway: "down" });
    expect((await test.use("ping").answered()).deliveries).toHaveLength(1);
    expect(await standby.logged(({ message }) => message.startsWith("standing by"))).toMatchObject({
      leader: expect.stringContaining(`process ${leader.pid} on `),
    });
    expect(await standby.stop()).toEqual({ code: 0, signal: null });
    expect(await leader.stop()).toEqual({ code: 0, signal: null });
  });

  it.each([2, 7])("leave one of %d started at once connected to Discord", async (count) => {
    const bots = Array.from({ length: count }, () => test.start());
    const outcomes = await Promise.all(
      bots.map((bot) => Promise.race([leads(bot).then(() => "leader"), standsBy(bot).then(() => "standby")])),
    );
    expect(outcomes.toSorted()).toEqual(["leader", ...Array.from({ length: count - 1 }, () => "standby")]);
    expect((await test.use("ping").answered()).deliveries).toHaveLength(1);
  });

  it("do not start beside one of this host that asks for no lease", async () => {
    const alone = test.start({ INSTANCE_MODE: "lock" });
    await alone.ready();
    const second = test.start();
    expect(await second.exited).toEqual({ code: 75, signal: null });
    expect(second.output.join("\n")).toContain(`Process ${alone.pid} (version`);
  });

  it("keep one of this host out that asks for no lease", async () => {
    const leader = await test.startLeader();
    const alone = test.start({ INSTANCE_MODE: "lock" });
    expect(await alone.exited).toEqual({ code: 75, signal: null });
    const said = alone.output.join("\n");
    expect(said).toContain(`Process ${leader.pid} (version`);
    expect(said).toContain(`or kill ${leader.pid}), or start both with INSTANCE_MODE=lease`);
    expect(test.discord.sessions.filter(({ connected }) => connected)).toHaveLength(1);
  });

  it("hand over when the leader is asked to stop, which ends what it began while the other leads", async () => {
    const [leader, standby] = await test.startPair();
    test.sandbox.backend.addFault({ kind: "latency", ms: 2500, route: "/trading/signal", times: 1 });
    const slow = test.use("signal", { pair: "EUR/USD" });
    await slow.until(({ saw }) => saw === "thinking");
    const askedAtMs = performance.now();
    leader.kill("SIGTERM");
    await leads(standby);
    report("handover on SIGTERM, until the other is connected", performance.now() - askedAtMs);
    expect(slow.report().saw).toBe("thinking");
    expect((await test.use("ping").answered()).visible).toHaveLength(1);
    expect(await leader.exited).toEqual({ code: 0, signal: null });
    const { visible, answersShown } = await slow.answered();
    expect({ visible: visible.length, answersShown }).toEqual({ visible: 1, answersShown: 1 });
    expect(JSON.stringify(visible)).toContain("EUR/USD");
    expect(standby.output.join("\n")).not.toContain("process that died");
    expect(leader.output.join("\n")).not.toContain("STALE");
  });

  it("lose nothing that is published while the lead changes, and send it once", async () => {
    const { discord, redis } = test.sandbox;
    const [leader, standby] = await test.startPair();
    await standby.logged(({ message }) => message === "listening on trading-signals");
    const people = Array.from({ length: 3 }, () => discord.addPerson().id);
    const publisher = new Redis(redis.url);
    const tell = async (personId: string | undefined) => {
      const said = { discordUserId: personId, pair: "EUR/USD", signal: { signal: "buy" } };
      await publisher.publish("trading-signals", JSON.stringify(said));
    };
    const [before, during, after] = people;
    await tell(before);
    await expect.poll(() => discord.directMessages(before ?? "").length, { timeout: 20_000 }).toBe(1);
    leader.kill("SIGKILL");
    await leader.exited;
    await tell(during);
    await leads(standby);
    await tell(after);
    for (const personId of people) {
      await expect.poll(() => discord.directMessages(personId).length, { timeout: 20_000 }).toBe(1);
    }
    // What it had heard as well was the old leader's, and is known to be.
    await standby.logged(({ message }) => message === "notification received before, not sent again");
    expect(people.map((personId) => discord.directMessages(personId).length)).toEqual([1, 1, 1]);
    publisher.disconnect();
  });

  it("take over after kill -9 when the lease is over, and answer what was left open", async () => {
    const [leader, standby] = await test.startPair();
    const silence = test.sandbox.backend.addFault({ kind: "hang", route: "/trading/signal" });
    const open = test.use("signal", { pair: "USD/JPY" });
    await open.until(({ saw }) => saw === "thinking");
    await isLeftOpen(test.sandbox, open);
    silence();
    const killedAtMs = performance.now();
    leader.kill("SIGKILL");
    await leads(standby);
    report("takeover after kill -9, with a lease of 5000 ms", performance.now() - killedAtMs);
    const { visible, answersShown } = await open.answered();
    expect({ visible: visible.length, answersShown }).toEqual({ visible: 1, answersShown: 1 });
    report("until what the killed one left open is answered", performance.now() - killedAtMs);
  });
});

const report = (what: string, ms: number): void => void process.stdout.write(`${what}: ${Math.round(ms)} ms\n`);
