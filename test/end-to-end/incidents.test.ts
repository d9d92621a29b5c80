import { beforeEach, describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { BackendFault } from "../../src/sandbox/backend/api.ts";
import type { InteractionFaults, RequestFault, SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { privateAnswer } from "./support/person.ts";
import { noKeptSignals, useBot } from "./support/use-bot.ts";

/** A first response later than this counts as lost: short, so that the tests are, and long for a busy machine. */
const callbackTimeoutMs = 700;

const world = useBot({
  LOG_LEVEL: "debug",
  BACKEND_TIMEOUT_MS: "1500",
  LATE_ANSWERS: "off",
  INTERACTION_CALLBACK_TIMEOUT_MS: String(callbackTimeoutMs),
  ...noKeptSignals,
});

/** So long that `/signal` is deferred before its answer is there, ms. */
const backendMs = 200;
beforeEach(() => void world.backend.addFault({ kind: "latency", ms: backendMs, route: "/trading/signal" }));

/** In place of the delay. */
const nextSignal = (fault: BackendFault) => {
  world.backend.clearFaults();
  world.backend.addFault({ ...fault, route: "/trading/signal" });
};

/** What the bot found out about who acknowledged. */
const ownershipOf = async ({ id }: SandboxInteraction): Promise<unknown> =>
  (await world.bot.logged((line) => line.interactionId === id && "ownership" in line)).ownership;

/** How the interaction ended, once it has. */
const ended = (interaction: SandboxInteraction, outcome: string) =>
  world.bot.logged(
    (line) =>
      line.interactionId === interaction.id && line.outcome === outcome && line.message.startsWith("interaction"),
  );

const callbacksOf = (interaction: SandboxInteraction) =>
  interaction.report().attempts.filter(({ request }) => request === "callback");

const codesOf = (interaction: SandboxInteraction) => interaction.report().attempts.flatMap(({ code }) => code ?? []);

describe("with normal latency", () => {
  it("acknowledges within 100 ms and answers within a second, in one request each", async () => {
    const times: { readonly acknowledged: number; readonly answered: number }[] = [];
    for (const pair of ["EUR/USD", "GBP/USD", "USD/JPY", "AUD/USD", "USD/CHF", "USD/CAD", "NZD/USD", "EUR/GBP"]) {
      const using = world.newPerson().use("signal", { pair });
      const { acknowledgedAtMs = Infinity, answeredAtMs = Infinity, attempts } = await using.answered();
      times.push({ acknowledged: acknowledgedAtMs, answered: answeredAtMs });
      expect(attempts.map(({ request }) => request)).toEqual(["callback", "edit"]);
    }
    // The fastest of several: what the bot takes, not what else the machine does.
    expect(Math.min(...times.map(({ acknowledged }) => acknowledged))).toBeLessThan(100);
    expect(Math.min(...times.map(({ answered }) => answered))).toBeLessThan(1000);
  });
});

describe("with an acknowledgement that is slow or lost", () => {
  const lost = (kind: "reset" | "close" | "hang", processed = true): RequestFault => ({ outcome: { kind, processed } });
  const failed = (status: number, processed = true): RequestFault => ({
    outcome: { kind: "status", status, processed },
  });
  const late = 2 * callbackTimeoutMs;

  it.concurrent.each<readonly [what: string, faults: InteractionFaults]>([
    ["the connection was reset after Discord accepted it", { callbacks: [lost("reset")] }],
    ["the connection was closed after Discord accepted it", { callbacks: [lost("close")] }],
    ["its response never comes", { callbacks: [lost("hang")] }],
    ["Discord accepted it and says 500", { callbacks: [failed(500)] }],
    ["Discord accepted it and says 502", { callbacks: [failed(502)] }],
    ["Discord accepted it and says 504", { callbacks: [failed(504)] }],
    ["its response comes too late", { callbacks: [{ delayResponseMs: late }] }],
    ["its response is slow, and yet in time", { callbacks: [{ delayResponseMs: callbackTimeoutMs / 3 }] }],
    ["the request itself arrives after a second one", { callbacks: [{ delayRequestMs: late }] }],
    ["the connection was reset before Discord saw it", { callbacks: [lost("reset", false)] }],
    ["Discord says 503 and has not looked at it", { callbacks: [failed(503, false)] }],
    ["it is lost twice before Discord saw it", { callbacks: [lost("reset", false), lost("close", false)] }],
    ["Discord does not know the interaction yet", { unknownForMs: 100 }],
    [
      "Discord asks to wait a moment",
      { callbacks: [{ outcome: { kind: "rateLimit", retryAfterMs: 200, scope: "shared" } }] },
    ],
    [
      "Discord accepted it and says it is unknown",
      { callbacks: [{ outcome: { kind: "error", status: 404, code: 10062, processed: true } }] },
    ],
  ])("answers once although %s", async (_what, faults) => {
    const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults });
    const { visible, answersShown } = await using.answered();
    expect(visible).toHaveLength(1);
    expect(answersShown).toBe(1);
    expect(await ownershipOf(using)).toBe("owned");
    await ended(using, "answered");
    expect(using.report().visible).toHaveLength(1);
  });

  it.each([
    ["40060", false],
    ["10062", true],
  ] as const)(
    "takes a second acknowledgement answered %s for its own, when the response to the first was lost",
    async (code, secondAckUnknown) => {
      // So that looking at the message tells nothing, and the bot has to ask again.
      const blind = { method: "GET", route: "/webhooks/:app/:token/messages/:message", times: 1 } as const;
      world.discord.addRouteFault({ ...blind, fault: failed(503, false) });
      const faults = { callbacks: [lost("reset")], secondAckUnknown };
      const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults });
      const { visible, answersShown } = await using.answered();
      expect(codesOf(using)).toContain(Number(code));
      expect(visible).toHaveLength(1);
      expect(answersShown).toBe(1);
      expect(await ownershipOf(using)).toBe("owned");
    },
  );

  it("asks the backend once, however often it had to acknowledge", async () => {
    const requests = await world.backendRequestsDuring(async () => {
      const faults = { callbacks: [lost("reset", false), failed(500, false)] };
      await world.newPerson().readPublic("signal", { pair: "EUR/USD" }, { faults });
    });
    expect(requests).toHaveLength(1);
  });

  it("answers privately what is private, also after a lost response", async () => {
    const faults = { callbacks: [lost("reset")] };
    expect((await world.newPerson().readPrivate("ping", {}, { faults })).title).toBe(texts.ping.title);
  });
});

describe("with an answer that is lost on its way", () => {
  /** Found out when the public "thinking…" stands already. */
  const noData = { pair: "AUD/NZD" };
  const isNoData = (content: string | undefined) => content?.startsWith(texts.failure.unknownPair) === true;

  it.concurrent.each<readonly [what: string, fault: RequestFault]>([
    ["the connection was reset after Discord took it", { outcome: { kind: "reset", processed: true } }],
    ["the connection was reset before Discord saw it", { outcome: { kind: "reset", processed: false } }],
    ["Discord says 502", { outcome: { kind: "status", status: 502, processed: false } }],
    ["Discord asks to wait a moment", { outcome: { kind: "rateLimit", retryAfterMs: 200, scope: "user" } }],
  ])("shows it once although %s", async (_what, fault) => {
    const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults: { edits: [fault] } });
    await ended(using, "answered");
    const { saw, visible, answersShown } = using.report();
    expect(saw).toBe("answered");
    expect(visible).toHaveLength(1);
    expect(answersShown).toBe(1);
  });

  it("shows a private sentence where it can when Discord refuses to follow up privately", async () => {
    const outcome = { kind: "error", status: 400, code: 40094, processed: false } as const;
    const using = world.newPerson().use("signal", noData, { faults: { followUps: [{ outcome }] } });
    const { visible } = await using.until(({ visible: [message] }) => isNoData(message?.content));
    expect(visible).toHaveLength(1);
  });

  it("follows up privately once it can, when it could not at first", async () => {
    const outcome = { kind: "rateLimit", retryAfterMs: 200, scope: "user" } as const;
    const using = world.newPerson().use("signal", noData, { faults: { followUps: [{ outcome }] } });
    await ended(using, "failed");
    expect(using.report().visible).toMatchObject([{ ephemeral: true }]);
    expect(isNoData(using.report().visible[0]?.content)).toBe(true);
  });

  it.each([
    { name: "there", processed: true },
    { name: "not there", processed: false },
  ])(
    "shows a private sentence never twice when nobody can tell that it is $name, and says so",
    async ({ processed }) => {
      const faults: InteractionFaults = { followUps: [{ outcome: { kind: "status", status: 500, processed } }] };
      const using = world.newPerson().use("signal", noData, { faults });
      await ended(using, "failed");
      const [first, ...more] = using.report().visible.map(({ content }) => content);
      expect(first).toBe(texts.interaction.answerMayBeLost);
      expect(more.map(isNoData)).toEqual(processed ? [true] : []);
    },
  );
});

describe("an interaction that arrives 2800 ms old", () => {
  it("is skipped without a request and without a crash, is logged, and the next command works", async () => {
    const old = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults: { deliverAfterMs: 2800 } });
    const requests = await world.backendRequestsDuring(async () => {
      const line = await world.bot.logged(
        ({ message, interactionId }) => message.includes("too late, skipped") && interactionId === old.id,
      );
      expect(line).toMatchObject({ level: "warn", command: "signal", outcome: "skipped" });
      const { saw } = await old.settled();
      expect(saw).toBe("failed");
    });
    expect(requests).toEqual([]);
    expect(old.report().attempts).toEqual([]);
    expect((await world.newPerson().readPublic("signal", { pair: "EUR/USD" })).title).toContain("EUR/USD");
  });
});

describe("the same event twice", () => {
  it.each([
    ["at once", 0],
    ["while the first runs", 30],
  ])("runs once and is answered once, without a 40060 (%s)", async (_when, duplicateAfterMs) => {
    const faults = { duplicateAfterMs };
    const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults });
    const requests = await world.backendRequestsDuring(async () => {
      await Promise.all([ended(using, "duplicate"), ended(using, "answered")]);
    });
    const { deliveries, visible, answersShown } = using.report();
    expect(deliveries).toHaveLength(2);
    expect(callbacksOf(using)).toHaveLength(1);
    expect(codesOf(using)).toEqual([]);
    expect(visible).toHaveLength(1);
    expect(answersShown).toBe(1);
    expect(requests).toHaveLength(1);
  });

  it("runs once also when it comes again after the answer", async () => {
    const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults: { duplicateAfterMs: 500 } });
    const answered = await using.answered();
    await ended(using, "duplicate");
    expect(using.report().attempts.map(({ request }) => request)).toEqual(["callback", "edit"]);
    expect(using.report().visible).toEqual(answered.visible);
  });
});

describe("a backend that is silent", () => {
  it("ends in a sentence that only the person sees, and the bot answers the next command", async () => {
    nextSignal({ kind: "hang", times: 1 });
    const using = world.newPerson().use("signal", { pair: "EUR/USD" });
    expect((await privateAnswer(using)).content).toContain(texts.failure.slow);
    expect((await world.newPerson().readPublic("signal", { pair: "EUR/USD" })).title).toContain("EUR/USD");
  });
});

describe("a gateway that drops", () => {
  it("before an event is delivered: it is answered when it is replayed after the resume", async () => {
    const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults: { dropGatewayFirst: true } });
    const { deliveries, visible } = await using.answered();
    expect(deliveries.map(({ replayed }) => replayed)).toEqual([true]);
    expect(visible).toHaveLength(1);
  });

  it("while a command runs: it is answered all the same", async () => {
    const using = world.newPerson().use("signal", { pair: "EUR/USD" });
    await using.until(({ saw }) => saw === "thinking");
    const back = world.nextLogged("connected to Discord");
    world.discord.dropGateway();
    expect((await using.answered()).visible).toHaveLength(1);
    await back;
  });

  it("and whose session is over: the bot starts a new one and answers", async () => {
    const back = world.nextLogged("connected to Discord");
    world.discord.dropGateway({ resumable: false });
    await back;
    expect((await world.newPerson().readPublic("signal", { pair: "EUR/USD" })).title).toContain("EUR/USD");
  });
});

describe("what the operator sees of it", () => {
  it("counts every interaction by how it ended, and every acknowledgement by who won it", async () => {
    const before = await world.metrics();
    const outcomes = ["answered", "refused", "failed"] as const;
    nextSignal({ kind: "500", times: 3 });
    const failing = world.newPerson().use("signal", { pair: "EUR/USD" });
    await ended(failing, "failed");
    const refused = world.newPerson().use("signal", { pair: "gold" });
    await ended(refused, "refused");
    const lost = { outcome: { kind: "reset", processed: true } } as const;
    const answered = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults: { callbacks: [lost] } });
    await ended(answered, "answered");
    const after = await world.metrics();
    const grown = (name: string, labels: Record<string, string>) =>
      after.total(name, labels) - before.total(name, labels);
    for (const outcome of outcomes) {
      expect(grown("signalguard_interactions_total", { command: "signal", outcome }), outcome).toBe(1);
    }
    expect(grown("signalguard_acknowledgement_duration_seconds_count", { ownership: "owned" })).toBe(3);
    expect(grown("signalguard_discord_errors_total", { request: "callback", code: "none" })).toBe(1);
  });
});
