import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { BackendFault } from "../../src/sandbox/backend/api.ts";
import { type Options, privateAnswer, type TestPerson } from "./support/person.ts";
import { noKeptSignals, useBot } from "./support/use-bot.ts";

/** Long enough for a busy machine, short enough to wait for. */
const backendTimeoutMs = 1500;
const env = { BACKEND_TIMEOUT_MS: String(backendTimeoutMs), ...noKeptSignals };
const world = useBot(env);

const bought: Options = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 1000 };

/** Every command that needs the backend. */
const uses: readonly (readonly [command: string, options: Options])[] = [
  ["signal", { pair: "EUR/USD" }],
  ["position open", bought],
  ["position list", {}],
  ["position close", { position_id: "00000000-0000-4000-8000-000000000000", exit_price: 1.09 }],
  ["preferences", {}],
  ["preferences", { risk_level: 3 }],
  ["subscribe", { pair: "EUR/USD" }],
  ["unsubscribe", { pair: "EUR/USD" }],
  ["unsubscribe", {}],
  ["subscriptions", {}],
  ["scan", { pairs: "EUR/USD" }],
];

const referenceIn = (content: string): string => /Reference: `(\w+)`$/.exec(content)?.[1] ?? "none";

describe("every command, while the backend", () => {
  it.each<readonly [what: string, fault: BackendFault, sentence: string]>([
    ["fails inside", { kind: "500" }, texts.failure.down],
    ["has no database", { kind: "503" }, texts.failure.down],
    ["cuts connections", { kind: "reset" }, texts.failure.down],
    ["answers with half a body", { kind: "malformed" }, texts.failure.badAnswer],
    ["is silent", { kind: "hang" }, texts.failure.slow],
    ["falls silent in the middle of an answer", { kind: "stall" }, texts.failure.slow],
  ])(
    "%s, tells the person alone what is wrong, under a reference that is in the log",
    async (_what, fault, sentence) => {
      const repair = world.backend.addFault(fault);
      const answers = await Promise.all(
        uses.map(([command, options]) => world.newPerson().readPrivate(command, options)),
      );
      expect(answers.map(({ content }) => content.split("\n")[0])).toEqual(uses.map(() => sentence));
      const references = answers.map(({ content }) => referenceIn(content));
      expect(new Set(references).size).toBe(uses.length);
      for (const reference of references) {
        await world.bot.logged((line) => line.message === "command failed" && line.reference === reference);
      }
      repair();
      await expect.poll(allWell, { timeout: 15_000, interval: 250 }).toBe(true);
    },
  );
});

/** Whether every family of the backend's routes is asked again: after an outage, not at once. */
async function allWell(): Promise<boolean> {
  const reads = ["position list", "preferences", "subscriptions"] as const;
  const signal = world.newPerson().use("signal", { pair: "EUR/USD" });
  const others = await Promise.all(reads.map((command) => world.newPerson().readPrivate(command)));
  const { visible } = await signal.answered();
  return !visible[0]?.ephemeral && others.every(({ content }) => referenceIn(content) === "none");
}

describe("every command, while the backend limits the bot's requests", () => {
  const limited = useBot(env);

  it("tells the person alone when to come back, and the backend is left alone until then", async () => {
    limited.backend.addFault({ kind: "429", ms: 60_000 });
    expect((await limited.newPerson().readPrivate("signal", { pair: "EUR/USD" })).content).toContain("60 seconds");
    const requests = await limited.backendRequestsDuring(async () => {
      // A scan has time, and waits.
      const waiting = uses.filter(([command]) => command !== "scan");
      const answers = await Promise.all(
        waiting.map(([command, options]) => limited.newPerson().readPrivate(command, options)),
      );
      for (const { content } of answers) {
        expect(content).toMatch(/^The trading backend is busy: .* Try again in [56]\d seconds\.\nReference: /);
      }
    });
    expect(requests).toEqual([]);
  });
});

describe("when only one step at the backend fails", () => {
  const failing = async (
    fault: BackendFault,
    person: TestPerson,
    command: string,
    options: Options,
    sentence: string,
  ) => {
    const repair = world.backend.addFault(fault);
    expect((await person.readPrivate(command, options)).content).toContain(sentence);
    repair();
  };

  it("says so when an account cannot be made, and makes it the next time", async () => {
    const person = world.newPerson();
    const fault: BackendFault = { kind: "500", route: "POST /discord/users" };
    await failing(fault, person, "position open", bought, texts.failure.down);
    expect((await person.readPrivate("position open", bought)).title).toContain("Position opened");
  });

  it("opens nothing when the position cannot be noted", async () => {
    const person = world.newPerson();
    await failing({ kind: "503", route: "POST /discord/trades" }, person, "position open", bought, texts.failure.down);
    expect((await person.readPrivate("position list")).content).toBe(texts.position.none);
  });

  it("says so when a position cannot be closed, and keeps it", async () => {
    const person = world.newPerson();
    await person.readPrivate("position open", bought);
    const [choice] = await person.typing("position close", "position_id", "");
    const closing = { position_id: String(choice?.value), exit_price: 1.09 };
    const fault: BackendFault = { kind: "500", route: "PUT /discord/trades" };
    await failing(fault, person, "position close", closing, texts.failure.down);
    expect((await person.readPrivate("position list")).title).toBe("1 open position");
  });

  it("leaves the preferences as they were when they cannot be saved", async () => {
    const person = world.newPerson();
    await person.readPrivate("preferences", { risk_level: 3 });
    const fault: BackendFault = { kind: "500", route: "POST /notifications/preferences" };
    await failing(fault, person, "preferences", { risk_level: 9 }, texts.failure.down);
    expect((await person.readPrivate("preferences")).fields["Risk level"]).toBe("3 of 10");
  });
});

describe("while the backend takes its time", () => {
  it("answers when the backend does, long after Discord's three seconds for a first sign would allow", async () => {
    world.backend.addFault({ kind: "latency", ms: backendTimeoutMs / 2, route: "/trading/signal" });
    const using = world.newPerson().use("signal", { pair: "EUR/USD" });
    const { acknowledgedAtMs = Infinity, answeredAtMs = 0 } = await using.answered();
    expect(acknowledgedAtMs).toBeLessThan(answeredAtMs - backendTimeoutMs / 4);
  });

  it("answers other people meanwhile", async () => {
    world.backend.addFault({ kind: "hang", times: 1, route: "/trading/signal" });
    const waiting = world.newPerson().use("signal", { pair: "EUR/USD" });
    await waiting.until(({ saw }) => saw === "thinking");
    expect((await world.newPerson().readPublic("signal", { pair: "GBP/USD" })).title).toContain("GBP/USD");
    expect(waiting.report().saw).toBe("thinking");
    expect((await privateAnswer(waiting)).content).toContain(texts.failure.slow);
  });
});

describe("suggestions, while the backend fails", () => {
  it.each<BackendFault["kind"]>(["500", "429", "reset", "malformed", "hang"])(
    "come in time, from what the bot knows by itself or not at all (%s)",
    async (kind) => {
      world.backend.addFault({ kind });
      const person = world.newPerson();
      const [pairs, positions, subscriptions] = await Promise.all([
        person.typing("signal", "pair", "eur/u"),
        person.typing("position close", "position_id", ""),
        person.typing("unsubscribe", "pair", ""),
      ]);
      expect(pairs.map(({ value }) => value)).toEqual(["EUR/USD"]);
      expect(positions).toEqual([]);
      expect(subscriptions).toEqual([]);
    },
  );
});
