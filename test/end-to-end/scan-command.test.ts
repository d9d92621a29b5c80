import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InteractionReport } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { TestPerson } from "./support/person.ts";
import { read } from "./support/reading.ts";
import { useBot } from "./support/use-bot.ts";

/** A dead process is noticed after several looks, and a window of the backend's limit has to pass. */
const patientMs = 90_000;

/** `Scanning on 1h: ███░░░ 3 of 14`: 3. */
const doneIn = ({ visible }: InteractionReport): number =>
  Number(/^Scanning on .* (\d+) of 14/.exec(visible[0]?.content ?? "")?.[1] ?? -1);

const askedFor = (sandbox: TestSandbox) =>
  sandbox.backend.requests.filter(({ path }) => path.endsWith("/trading/signal")).map(({ query }) => query.pair ?? "");

describe("a scan whose bot ends half-way", { timeout: patientMs }, () => {
  let sandbox: TestSandbox;
  beforeEach(async () => {
    sandbox = await startTestSandbox();
  });
  afterEach(() => sandbox.stop());

  it.each(["SIGKILL", "SIGTERM"] as const)(
    "with %s is finished by the next one, which asks only for what is missing and shows how far it is",
    async (signal) => {
      const { backend, discord } = sandbox;
      // Listed, and now with candles like the others: what has none is remembered by no other process.
      backend.setSignal("AUD/NZD", {});
      backend.addFault({ kind: "latency", ms: 1_500, route: "/trading/signal" });
      const first = sandbox.startBot({ env: { DRAIN_TIMEOUT_MS: "100" } });
      await first.ready();
      const using = new TestPerson(discord, {}).use("scan");
      const done = doneIn(await using.until((report) => doneIn(report) >= 3));
      first.kill(signal);
      await first.exited;
      const second = sandbox.startBot();
      await second.ready();
      const { attempts } = await using.until((report) => report.visible[0]?.embeds.length === 1);
      const asked = askedFor(sandbox);
      expect(new Set(asked).size).toBe(14);
      // Those in flight when it was killed, three at most, had no answer that could be kept.
      expect(asked.length).toBeLessThanOrEqual(14 + 3);
      expect(done).toBeGreaterThanOrEqual(3);
      const { visible, answersShown } = using.report();
      expect({ messages: visible.length, answersShown, ephemeral: visible[0]?.ephemeral }).toEqual({
        messages: 1,
        answersShown: 1,
        ephemeral: true,
      });
      expect(discord.directMessages(using.report().personId)).toEqual([]);
      const [message] = visible;
      if (message === undefined) throw new Error("nothing is visible");
      const { title, description } = read(message);
      expect(title).toBe("14 pairs on 1h");
      expect(description.match(/^\*\*\d+\. /gm)).toHaveLength(14);
      // One edit is the answer; the others are how far it was, by the first bot and by the second.
      const edits = attempts.filter(({ request }) => request === "edit");
      expect(edits.length).toBeGreaterThanOrEqual(3);
    },
  );
});

describe("a scan under the backend's limit", { timeout: patientMs }, () => {
  const world = useBot({}, { backendRateLimit: { max: 10, windowMs: 6_000 } });

  it("waits as often as it has to, goes on by itself, and is refused nothing by the backend", async () => {
    const using = world.newPerson().use("scan", { timeframe: "4h" });
    await using.until(({ visible }) => visible[0]?.content.includes("this goes on by itself <t:") === true);
    const { attempts, visible } = await using.until((report) => report.visible[0]?.embeds.length === 1);
    const [message] = visible;
    if (message === undefined) throw new Error("nothing is visible");
    const { description, fields } = read(message);
    expect(description.match(/^\*\*\d+\. /gm)).toHaveLength(13);
    expect(fields["No market data"]).toBe("AUD/NZD");
    expect(fields["Not known"]).toBeUndefined();
    const statuses = world.backend.requests
      .filter(({ path }) => path.endsWith("/trading/signal"))
      .map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...Array.from({ length: 13 }, () => 200), 404]);
    const editsAtMs = attempts.filter(({ request }) => request === "edit").map(({ atMs }) => atMs);
    // Of progress; the answer itself does not wait.
    const pausesMs = editsAtMs.slice(1, -1).map((atMs, index) => atMs - (editsAtMs[index] ?? 0));
    for (const pauseMs of pausesMs) expect(pauseMs).toBeGreaterThanOrEqual(1_990);
  });

  it("leaves room for people who wait for one answer", async () => {
    const scanning = world.newPerson().use("scan", { timeframe: "15min" });
    await scanning.until(({ visible }) => visible[0]?.content.includes("this goes on by itself") === true);
    const { title } = await world.newPerson().readPublic("signal", { pair: "EUR/GBP", timeframe: "1d" });
    expect(title).toContain("EUR/GBP (1d)");
    await scanning.until((report) => report.visible[0]?.embeds.length === 1);
  });

  it("says in private what it cannot read", async () => {
    const { content } = await world.newPerson().readPrivate("scan", { pairs: "eurusd gold" });
    expect(content).toContain("“gold” cannot be read as currency pairs");
  });
});
