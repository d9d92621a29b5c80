import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Acknowledgement,
  advance,
  type Effect,
  freshAcknowledgement,
  type Input,
} from "../../src/interactions/acknowledgement.ts";
import type { AttemptOutcome, ProbeOutcome } from "../../src/interactions/lane.ts";

const accepted: AttemptOutcome = { kind: "accepted" };
const alreadyAcknowledged: AttemptOutcome = { kind: "refused", status: 400, code: 40060 };
const unknownInteraction: AttemptOutcome = { kind: "refused", status: 404, code: 10062 };
const malformed: AttemptOutcome = { kind: "refused", status: 400, code: 50035 };
const lost: AttemptOutcome = { kind: "unaccounted" };
const unsent: AttemptOutcome = { kind: "unsent" };
const there: ProbeOutcome = { kind: "there" };
const notThere: ProbeOutcome = { kind: "notThere", status: 404, code: 10015 };
const noAnswer: ProbeOutcome = { kind: "unknown" };

const attempt = (outcome: AttemptOutcome, sentInTime = true): Input => ({ kind: "attemptEnded", outcome, sentInTime });
const probe = (outcome: ProbeOutcome): Input => ({ kind: "probeEnded", outcome });
const waited: Input = { kind: "waited" };

/** Plays the inputs after the start and returns the effects, the start's included. */
function play(inputs: readonly Input[], remainingMs = 2000): Effect[] {
  let ack: Acknowledgement = freshAcknowledgement;
  return [{ kind: "start" } as const, ...inputs].map((input) => {
    const step = advance(ack, input, remainingMs);
    ack = step.next;
    return step.effect;
  });
}

const lastOf = (effects: readonly Effect[]) => effects.at(-1);
const ends = (ownership: string, payload = "intended") => ({ kind: "end", ownership, payload });

describe("the ownership of an acknowledgement", () => {
  it("is ours when Discord accepted it", () => {
    expect(lastOf(play([attempt(accepted)]))).toEqual(ends("owned"));
  });

  it("is another process's when a first, clean attempt comes back as 40060", () => {
    expect(lastOf(play([attempt(alreadyAcknowledged)]))).toEqual(ends("foreign"));
  });

  it("is ours when 40060 follows an attempt of ours whose fate is unknown", () => {
    expect(lastOf(play([attempt(lost), probe(noAnswer), attempt(alreadyAcknowledged)]))).toEqual(ends("owned"));
  });

  it("stays another process's when the attempt before the 40060 never left", () => {
    expect(lastOf(play([attempt(unsent), attempt(alreadyAcknowledged)]))).toEqual(ends("foreign"));
  });

  it("is ours when the response was lost and @original is there", () => {
    const effects = play([attempt(lost), probe(there)]);
    expect(effects[1]).toEqual({ kind: "probe" });
    expect(lastOf(effects)).toEqual(ends("owned"));
  });

  it("is tried again on a fresh connection when the response was lost and @original is not there", () => {
    const effects = play([attempt(lost), probe(notThere), attempt(accepted)]);
    expect(effects[2]).toEqual({ kind: "send", payload: "intended", fresh: true });
    expect(lastOf(effects)).toEqual(ends("owned"));
  });

  it("is proved by the probe even when the deadline has passed meanwhile", () => {
    expect(lastOf(play([attempt(lost), probe(there)], -500))).toEqual(ends("owned"));
  });

  it("is expired when 10062 answers what was sent past the deadline", () => {
    expect(lastOf(play([attempt(unknownInteraction, false)], -10))).toEqual(ends("expired"));
  });

  it("is looked up once when 10062 comes well inside the deadline, and is ours when it took effect", () => {
    const effects = play([attempt(unknownInteraction), probe(there)]);
    expect(effects[1]).toEqual({ kind: "probe" });
    expect(lastOf(effects)).toEqual(ends("owned"));
  });

  it("gets one more callback after such a 10062, and is expired when that is unknown as well", () => {
    const inputs = [attempt(unknownInteraction), probe(notThere), waited, attempt(unknownInteraction)];
    expect(play(inputs).filter(({ kind }) => kind === "send")).toHaveLength(2);
    expect(lastOf(play(inputs))).toEqual(ends("expired"));
    expect(lastOf(play([...inputs.slice(0, 3), attempt(accepted)]))).toEqual(ends("owned"));
  });

  it("is looked up when 10062 follows an attempt of ours whose fate is unknown, also past the deadline", () => {
    const inputs = [attempt(lost), probe(noAnswer), attempt(unknownInteraction, false)];
    expect(lastOf(play(inputs))).toEqual({ kind: "probe" });
    expect(lastOf(play([...inputs, probe(there)]))).toEqual(ends("owned"));
  });

  it("is unreachable when nothing came back and no time is left", () => {
    expect(lastOf(play([attempt(lost), probe(noAnswer)], 100))).toEqual(ends("unreachable"));
  });

  it("survives a payload that Discord refuses by the plain fallback", () => {
    const effects = play([attempt(malformed), attempt(accepted)]);
    expect(effects[1]).toEqual({ kind: "send", payload: "fallback", fresh: true });
    expect(lastOf(effects)).toEqual(ends("owned", "fallback"));
  });

  it("waits for a rate limit that fits the deadline, and gives up on one that does not", () => {
    const limited = (retryAfterMs: number): AttemptOutcome => ({ kind: "limited", retryAfterMs });
    expect(play([attempt(limited(500)), waited]).slice(1)).toEqual([
      { kind: "wait", ms: 500 },
      { kind: "send", payload: "intended", fresh: true },
    ]);
    expect(lastOf(play([attempt(limited(1900))]))).toEqual(ends("unreachable"));
  });

  it("refuses an input that does not belong to its state", () => {
    expect(() => advance(freshAcknowledgement, waited, 2000)).toThrow("does not belong");
  });
});

describe("any order of faults", () => {
  const outcome = fc.constantFrom(accepted, alreadyAcknowledged, unknownInteraction, malformed, lost, unsent, {
    kind: "limited",
    retryAfterMs: 100,
  } as const);
  const probeOutcome = fc.constantFrom(there, notThere, noAnswer);
  const step = fc.record({ outcome, probeOutcome, durationMs: fc.integer({ min: 1, max: 600 }) });

  it("ends by the deadline, sends one at a time, and says foreign only to a clean journal", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 40 }), (script) => {
        let ack: Acknowledgement = freshAcknowledgement;
        let input: Input = { kind: "start" };
        let remainingMs = 3000;
        const sent: AttemptOutcome[] = [];
        for (const { outcome: next, probeOutcome: found, durationMs } of script) {
          const { next: after, effect } = advance(ack, input, remainingMs);
          ack = after;
          if (effect.kind === "end") {
            if (sent.at(-1)?.kind === "accepted") expect(effect.ownership).toBe("owned");
            if (effect.ownership === "foreign") expect(sent.some(({ kind }) => kind === "unaccounted")).toBe(false);
            return;
          }
          if (effect.kind === "send") {
            if (sent.length > 0) expect(remainingMs).toBeGreaterThan(0);
            sent.push(next);
            input = { kind: "attemptEnded", outcome: next, sentInTime: remainingMs > 0 };
          } else {
            input = effect.kind === "probe" ? { kind: "probeEnded", outcome: found } : { kind: "waited" };
          }
          remainingMs -= effect.kind === "wait" ? effect.ms : durationMs;
        }
        expect.fail("did not end");
      }),
      { numRuns: 2000 },
    );
  });
});
