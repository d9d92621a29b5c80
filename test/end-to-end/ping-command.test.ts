import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import { noKeptSignals, useBot } from "./support/use-bot.ts";

const world = useBot(noKeptSignals);

describe("/ping", () => {
  it("tells the person alone how fast the bot is and that everything is there", async () => {
    await world.newPerson().readPublic("signal", { pair: "EUR/USD" });
    const { title, fields } = await world.newPerson().readPrivate("ping");
    expect(title).toBe(texts.ping.title);
    expect(fields["Reached the bot"]).toMatch(/^\d+ ms after you sent it$/);
    expect(fields.Acknowledged).toMatch(/^\d+ ms later$/);
    expect(fields.Backend).toMatch(/^up \(\d+ ms, seen \d+ seconds? ago\)$/);
    expect(fields.Redis).toBe("up");
  });

  it("shows the gateway's latency once a heartbeat came back", async () => {
    const measured = async () => (await world.newPerson().readPrivate("ping")).fields.Gateway;
    while ((await measured()) === texts.ping.notMeasured) world.discord.requestHeartbeat();
    expect(await measured()).toMatch(/^\d+ ms there and back$/);
  });

  it.each([
    ["500", texts.ping.backendState.down],
    ["reset", texts.ping.backendState.down],
    ["429", texts.ping.backendState.busy],
  ] as const)("answers while the backend fails (%s), and says so", async (kind, state) => {
    const repair = world.backend.addFault({ kind, ms: 1_000 });
    await world.newPerson().readPrivate("signal", { pair: "EUR/USD" });
    expect((await world.newPerson().readPrivate("ping")).fields.Backend).toContain(`${state} (`);
    repair();
    const askAndLook = async () => {
      await world.newPerson().use("signal", { pair: "EUR/USD" }).answered();
      return (await world.newPerson().readPrivate("ping")).fields.Backend;
    };
    // A backend that asked to be left alone for a second is.
    await expect.poll(askAndLook, { timeout: 15_000, interval: 250 }).toMatch(/^up \(/);
  });

  it("does not ask the backend each time", async () => {
    await world.newPerson().readPublic("signal", { pair: "EUR/USD" });
    const requests = await world.backendRequestsDuring(() => world.newPerson().readPrivate("ping"));
    expect(requests).toEqual([]);
  });
});

describe("while Redis is down", () => {
  it("commands go on, /ping says what is missing, and all is well again when Redis is back", async () => {
    const person = world.newPerson();
    const bought = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 1000 };
    const lost = world.nextLogged("disconnected from Redis");
    await world.redis.halt("kill");
    await lost;
    expect((await person.readPrivate("ping")).fields.Redis).toBe(texts.ping.redisState.down);
    expect((await person.readPublic("signal", { pair: "EUR/USD" })).title).toContain("EUR/USD");
    expect((await person.readPrivate("position open", bought)).fields.Size).toBe("1,000");
    const [position] = Object.values((await person.readPrivate("position list")).fields);
    expect(position).toContain("Entry 1.0850");
    expect(position).not.toContain("size");
    expect((await person.readPrivate("subscribe", { pair: "EUR/USD" })).content).toContain("You are subscribed");

    const found = ["connected to Redis", "listening on trading-signals", "reading trading-signals:stream"].map((line) =>
      world.nextLogged(line),
    );
    await world.redis.start();
    await Promise.all(found);
    expect((await person.readPrivate("ping")).fields.Redis).toBe("up");
    const [choice] = await person.typing("position close", "position_id", "");
    const closing = { position_id: String(choice?.value), exit_price: 1.09 };
    const { description } = await person.readPrivate("position close", closing);
    expect(description).toContain(texts.position.sizeUnknown);
  });
});
