import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Acknowledged, acknowledge } from "../../src/interactions/acknowledge.ts";
import { maxInFlight } from "../../src/interactions/acknowledgement.ts";
import { HedgeBudget } from "../../src/interactions/hedge-budget.ts";
import type { AttemptOutcome, InteractionLane, ProbeOutcome } from "../../src/interactions/lane.ts";
import { LatencyWindow } from "../../src/interactions/latency.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

/** What Discord holds about one interaction, and by whom it was acknowledged. */
interface Model {
  acknowledgedBy: "us" | "other" | undefined;
}

/** What happens to one request. `lands`: Discord takes it in; `hears`: we get its response. */
interface Fate {
  readonly lands: boolean;
  readonly hears: boolean;
  readonly delayMs: number;
  readonly spurious10062: boolean;
}

const deadlineMs = 3000;

/** Our side under test, a Discord after the rules, and a network that does as each command of the run says. */
class World {
  readonly clock = new VirtualClock();
  readonly model: Model = { acknowledgedBy: undefined };
  readonly fates: Fate[] = [];
  inFlight = 0;
  mostInFlight = 0;
  sent = 0;
  sentAfterEnd = 0;
  hedges = 0;
  result: Acknowledged | undefined;
  endedAtMs = 0;

  start(): void {
    const lane: InteractionLane = {
      callback: (_target, _body, { timeoutMs, fresh }) => this.#callback(timeoutMs, fresh),
      probe: (_target, { timeoutMs }) => this.#probe(timeoutMs),
      editOriginal: async () => {},
      followUp: async () => {},
      deleteOriginal: async () => {},
    };
    const services = {
      clock: this.clock,
      lane,
      latency: new LatencyWindow(),
      hedges: new HedgeBudget(),
      callbackTimeoutMs: 2500,
    };
    const body = { type: 5 } as const;
    void acknowledge(services, {
      target: { id: "1", applicationId: "2", token: "t" },
      bodies: { intended: body, fallback: body },
      deadlineAtMs: deadlineMs,
      onOutcome: () => {},
    }).then((result) => {
      this.result = result;
      this.endedAtMs = this.clock.monotonic();
    });
  }

  get #fate(): Fate {
    return this.fates.shift() ?? { lands: true, hears: true, delayMs: 20, spurious10062: false };
  }

  async #callback(timeoutMs: number, fresh: boolean): Promise<AttemptOutcome> {
    const { lands, hears, delayMs, spurious10062 } = this.#fate;
    this.sent += 1;
    if (this.result !== undefined) this.sentAfterEnd += 1;
    if (this.inFlight > 0) {
      this.hedges += 1;
      expect(fresh).toBe(true);
    }
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const outcome = await new Promise<AttemptOutcome>((resolve) => {
      let answer: AttemptOutcome = { kind: "unaccounted" };
      if (lands && delayMs / 2 < timeoutMs) {
        this.clock.schedule(delayMs / 2, () => {
          answer = this.#receive(spurious10062);
        });
      }
      this.clock.schedule(Math.min(delayMs, timeoutMs), () =>
        resolve(hears && lands && delayMs < timeoutMs ? answer : { kind: "unaccounted" }),
      );
    });
    this.inFlight -= 1;
    return outcome;
  }

  #receive(spurious10062: boolean): AttemptOutcome {
    if (this.clock.monotonic() > deadlineMs) return { kind: "refused", status: 404, code: 10062 };
    if (this.model.acknowledgedBy !== undefined) {
      return spurious10062
        ? { kind: "refused", status: 404, code: 10062 }
        : { kind: "refused", status: 400, code: 40060 };
    }
    this.model.acknowledgedBy = "us";
    return spurious10062 ? { kind: "refused", status: 404, code: 10062 } : { kind: "accepted" };
  }

  async #probe(timeoutMs: number): Promise<ProbeOutcome> {
    const { hears, lands, delayMs } = this.#fate;
    await new Promise<void>((resolve) => void this.clock.schedule(Math.min(delayMs, timeoutMs), resolve));
    if (!hears || !lands || delayMs >= timeoutMs) return { kind: "unknown" };
    return this.model.acknowledgedBy === undefined
      ? { kind: "notThere", status: 404, code: 10015 }
      : { kind: "there", loading: true };
  }
}

const fates = fc.record({
  lands: fc.boolean(),
  hears: fc.boolean(),
  delayMs: fc.integer({ min: 1, max: 4000 }),
  spurious10062: fc.boolean(),
});

type Command = fc.AsyncCommand<object, World>;

const requestMeets = (fate: Fate): Command => ({
  check: () => true,
  run: async (_model, world) => void world.fates.push(fate),
  toString: () => `next request meets ${JSON.stringify(fate)}`,
});

const timePasses = (ms: number): Command => ({
  check: () => true,
  run: async (_model, world) => world.clock.advance(ms),
  toString: () => `${ms} ms pass`,
});

const anotherProcessAcknowledges: Command = {
  check: () => true,
  run: async (_model, { model }) => {
    model.acknowledgedBy ??= "other";
  },
  toString: () => "another process acknowledges",
};

describe("an acknowledgement, in any order of faults", () => {
  const commands = fc.commands(
    [
      fates.map(requestMeets),
      fc.integer({ min: 1, max: 900 }).map(timePasses),
      fc.constant(anotherProcessAcknowledges),
    ],
    { maxCommands: 12 },
  );

  it("sends one at a time but for deliberate hedges, ends soon after the deadline, and is right about whose it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fates, { maxLength: 3 }), commands, async (first, run) => {
        const world = new World();
        world.fates.push(...first);
        world.start();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), run);
        await world.clock.advance(20_000);
        await settle();

        const { result, model } = world;
        expect(result).toBeDefined();
        if (result === undefined) return;
        expect(world.mostInFlight).toBeLessThanOrEqual(maxInFlight);
        expect(world.sentAfterEnd).toBe(0);
        // The last callback may begin just before the deadline, and a look at @original follows it.
        expect(world.endedAtMs).toBeLessThanOrEqual(deadlineMs + 2500 + 1500);
        if (result.ownership === "owned") expect(model.acknowledgedBy).toBeDefined();
        if (result.ownership === "foreign") expect(model.acknowledgedBy).toBe("other");
        if (result.ownership === "expired") expect(model.acknowledgedBy).not.toBe("us");
      }),
      { numRuns: 5000 },
    );
  });
});
