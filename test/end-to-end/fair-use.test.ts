import { describe, expect, it } from "vitest";
import type { SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { privateAnswer, type TestPerson } from "./support/person.ts";
import type { Reading } from "./support/reading.ts";
import { useBot } from "./support/use-bot.ts";

/** As shipped: what the backend answers the bot in a quarter of an hour, for everybody together. */
const world = useBot({}, { backendRateLimit: { max: 100, windowMs: 15 * 60_000 } });

/** As many as any machine can acknowledge in time. */
const atOnce = 40;

const beyond = /^A little slower, please: commands can be used 20 times a minute.* You can go on <t:\d+:R>\.$/;

/** Currencies that do not exist, so that nobody else asks for the same. */
const pairOf = (nth: number) => `A${String.fromCharCode(65 + Math.floor(nth / 26), 65 + (nth % 26))}/XTS`;

const others = ["EUR/USD", "GBP/USD", "USD/JPY", "AUD/USD", "USD/CHF"];

/** Everything but when it was computed. */
const timeless = ({ text }: Reading): string => text.replaceAll(/<t:\d+:\w>/g, "<time>");

describe("one person who fires 200 commands", () => {
  it("leaves the others' answers as they are, and is answered each time, by the backend no more often than allowed", async () => {
    for (const pair of others) world.backend.setSignal(pair, { signal: "buy", confidence: 0.8, entryPrice: 1.1 });
    const people = others.map((pair) => ({ pair, person: world.newPerson() }));
    const askAll = () =>
      Promise.all(people.map(async ({ pair, person }) => timeless(await person.readPublic("signal", { pair }))));
    const usual = await askAll();

    const flooder = world.newPerson();
    const pairs = Array.from({ length: 200 }, (_, nth) => pairOf(nth));
    for (const pair of pairs) world.backend.setSignal(pair, { signal: "sell" });
    const uses: SandboxInteraction[] = [];
    const ends: string[] = [];
    for (let from = 0; from < pairs.length; from += atOnce) {
      const wave = pairs.slice(from, from + atOnce).map((pair) => flooder.use("signal", { pair }));
      expect(await askAll()).toEqual(usual);
      uses.push(...wave);
      ends.push(...(await Promise.all(wave.map(endOf))));
    }
    expect(ends.filter((end) => end === "answered")).toHaveLength(20);
    const refusals = ends.filter((end) => end !== "answered");
    expect(refusals).toHaveLength(180);
    for (const refusal of refusals) expect(refusal).toMatch(beyond);

    const asked = world.backend.requests.filter(({ query }) => pairs.includes(query.pair ?? ""));
    expect(asked.length).toBeLessThanOrEqual(20);
    const metrics = await world.metrics();
    expect(metrics.total("signalguard_allowance_refused_total", { kind: "commands" })).toBe(180);
    expect(metrics.total("signalguard_interactions_total", { outcome: "overAllowance" })).toBe(180);
    const refused = uses.filter((_, nth) => ends[nth] !== "answered");
    const told = world.bot.output.filter((line) => refused.some(({ id }) => line.includes(id)));
    // What Discord and this machine are slow at under load is told as a warning, and is not meant here.
    expect(told.map((line) => JSON.parse(line)).filter(({ level }) => level === "info")).toEqual([
      expect.objectContaining({ personId: flooder.id, allowance: "commands", first: true }),
    ]);

    await stillStops(flooder);
  }, 50_000);
});

/** With the one message that answers it, whoever sees that. */
async function endOf(using: SandboxInteraction): Promise<string> {
  const { visible } = await using.answered();
  if (visible.some(({ embeds }) => embeds.length > 0)) {
    expect(visible.map(({ ephemeral }) => ephemeral)).toEqual([false]);
    return "answered";
  }
  return (await privateAnswer(using)).text;
}

/** What somebody has used up does not keep them from stopping messages, nor from what is suggested while they type. */
async function stillStops(person: TestPerson): Promise<void> {
  expect((await person.readPrivate("ping")).text).toMatch(beyond);
  expect((await person.readPrivate("notifications mute", { for: "1d" })).text).toContain("You are muted until");
  expect((await person.readPrivate("unsubscribe")).text).toContain("You had no subscriptions");
  expect(await person.typing("signal", "pair", "eur")).not.toEqual([]);
}
