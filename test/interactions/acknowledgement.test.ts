import { describe, expect, it } from "vitest";
import { advance, type Effect, freshAcknowledgement, type Input } from "../../src/interactions/acknowledgement.ts";
import { mayBeEcho } from "../../src/interactions/journal.ts";
import type { AttemptOutcome, ProbeOutcome } from "../../src/interactions/lane.ts";

const accepted: AttemptOutcome = { kind: "accepted" };
const alreadyAcknowledged: AttemptOutcome = { kind: "refused", status: 400, code: 40060 };
const unknownInteraction: AttemptOutcome = { kind: "refused", status: 404, code: 10062 };
const malformed: AttemptOutcome = { kind: "refused", status: 400, code: 50035 };
const lost: AttemptOutcome = { kind: "unaccounted" };
const unsent: AttemptOutcome = { kind: "unsent" };
const there: ProbeOutcome = { kind: "there", loading: true };
const notThere: ProbeOutcome = { kind: "notThere", status: 404, code: 10015 };
const noAnswer: ProbeOutcome = { kind: "unknown" };

/** The outcome of the n-th attempt, 0 being the first. */
const attempt = (n: number, outcome: AttemptOutcome): Input => ({ kind: "attemptEnded", attempt: n, outcome });
const probe = (outcome: ProbeOutcome): Input => ({ kind: "probeEnded", outcome });
const fired = (timer: "hedge" | "retry" | "settle"): Input => ({ kind: "timerFired", timer });

/** Plays the inputs after the start; the effects of the last one, without the hedge timer that goes with each attempt. */
function play(inputs: readonly Input[], remainingMs: number | readonly number[] = 2000): readonly Effect[] {
  let ack = freshAcknowledgement(400);
  let effects: readonly Effect[] = [];
  [{ kind: "start" } as const, ...inputs].forEach((input, index) => {
    const left = typeof remainingMs === "number" ? remainingMs : (remainingMs[index] ?? 0);
    const step = advance(ack, input, left);
    ack = step.next;
    effects = step.effects.filter((effect) => !(effect.kind === "setTimer" && effect.timer === "hedge"));
  });
  return effects;
}

const ends = (ownership: string, cause: string, payload = "intended") => [{ kind: "end", ownership, cause, payload }];
const sends = (n: number, payload = "intended") => [{ kind: "send", attempt: n, payload, fresh: n > 0 }];
const probes = [{ kind: "probe" }];

describe("the ownership of an acknowledgement", () => {
  it("is ours when Discord accepted it", () => {
    expect(play([])).toEqual(sends(0));
    expect(play([attempt(0, accepted)])).toEqual(ends("owned", "accepted"));
  });

  it("is another process's when a first, clean attempt comes back as 40060", () => {
    expect(play([attempt(0, alreadyAcknowledged)])).toEqual(ends("foreign", "anotherProcess"));
  });

  it("is ours when 40060 follows an attempt of ours whose fate is unknown", () => {
    expect(play([attempt(0, lost), probe(noAnswer), attempt(1, alreadyAcknowledged)])).toEqual(
      ends("owned", "ourLostResponse"),
    );
  });

  it("stays another process's when the attempt before the 40060 never left", () => {
    expect(play([attempt(0, unsent), attempt(1, alreadyAcknowledged)])).toEqual(ends("foreign", "anotherProcess"));
  });

  it("is ours when the response was lost and @original is there", () => {
    expect(play([attempt(0, lost)])).toEqual(probes);
    expect(play([attempt(0, lost), probe(there)])).toEqual(ends("owned", "ourLostResponse"));
  });

  it("is tried again on a fresh connection when the response was lost and @original is not there", () => {
    expect(play([attempt(0, lost), probe(notThere)])).toEqual(sends(1));
    expect(play([attempt(0, lost), probe(notThere), attempt(1, accepted)])).toEqual(ends("owned", "accepted"));
  });

  it("is proved by the probe even when the deadline has passed meanwhile", () => {
    expect(play([attempt(0, lost), probe(there)], [2000, -100, -500])).toEqual(ends("owned", "ourLostResponse"));
  });

  it("is expired when 10062 answers what was sent past the deadline", () => {
    expect(play([attempt(0, unknownInteraction)], -10)).toEqual(ends("expired", "tooLate"));
  });

  it("is looked up once when 10062 comes well inside the deadline, and is ours when it took effect", () => {
    expect(play([attempt(0, unknownInteraction)])).toEqual(probes);
    expect(play([attempt(0, unknownInteraction), probe(there)])).toEqual(ends("owned", "ourLostResponse"));
  });

  it("is looked up also when such a 10062 took until after the deadline to come", () => {
    expect(play([attempt(0, unknownInteraction)], [2900, -2000])).toEqual(probes);
  });

  it("gets one more callback after such a 10062, and is expired when that is unknown as well", () => {
    const inputs = [attempt(0, unknownInteraction), probe(notThere)];
    expect(play(inputs)).toEqual([{ kind: "setTimer", timer: "retry", ms: 200 }]);
    expect(play([...inputs, fired("retry")])).toEqual(sends(1));
    expect(play([...inputs, fired("retry"), attempt(1, accepted)])).toEqual(ends("owned", "accepted"));
    const again = [...inputs, fired("retry"), attempt(1, unknownInteraction)];
    expect(play(again)).toEqual(probes);
    expect(play([...again, probe(notThere)])).toEqual(ends("expired", "unknownToDiscord"));
  });

  it("is ours when 40060 follows a 10062 that nobody could look into", () => {
    expect(play([attempt(0, unknownInteraction), probe(noAnswer), attempt(1, alreadyAcknowledged)])).toEqual(
      ends("owned", "ourLostResponse"),
    );
  });

  it("is another process's when 40060 follows a 10062 that proved to have had no effect", () => {
    const inputs = [attempt(0, unknownInteraction), probe(notThere), fired("retry"), attempt(1, alreadyAcknowledged)];
    expect(play(inputs)).toEqual(ends("foreign", "anotherProcess"));
  });

  it("is looked up when 10062 follows an attempt of ours whose fate is unknown, also past the deadline", () => {
    const inputs = [attempt(0, lost), probe(noAnswer), attempt(1, unknownInteraction)];
    expect(play(inputs, [2900, 400, 300, -10])).toEqual(probes);
    expect(play([...inputs, probe(there)], [2900, 400, 300, -10, -20])).toEqual(ends("owned", "ourLostResponse"));
  });

  it("is unreachable when nothing came back and no time is left", () => {
    expect(play([attempt(0, lost), probe(noAnswer)], 100)).toEqual(ends("unreachable", "noResponse"));
  });

  it("survives a payload that Discord refuses by the plain fallback", () => {
    expect(play([attempt(0, malformed)])).toEqual(sends(1, "fallback"));
    expect(play([attempt(0, malformed), attempt(1, accepted)])).toEqual(ends("owned", "bugOfOurs", "fallback"));
    expect(play([attempt(0, malformed), attempt(1, malformed)])).toEqual(ends("unreachable", "bugOfOurs", "fallback"));
  });

  it("is refused, and no bug of ours, when Discord refuses for another reason than the form", () => {
    const blocked: AttemptOutcome = { kind: "refused", status: 403, code: 0 };
    expect(play([attempt(0, blocked), attempt(1, accepted)])).toEqual(ends("owned", "refused", "fallback"));
    expect(play([attempt(0, blocked), attempt(1, blocked)])).toEqual(ends("unreachable", "refused", "fallback"));
  });

  it("came too late when it was sent in time, and Discord's 10062 came after the deadline", () => {
    expect(play([attempt(0, unknownInteraction), probe(notThere)], [2900, -200, -300])).toEqual(
      ends("expired", "tooLate"),
    );
  });

  it("waits for a rate limit that fits the deadline, and gives up on one that does not", () => {
    const limited = (retryAfterMs: number): AttemptOutcome => ({ kind: "limited", retryAfterMs });
    expect(play([attempt(0, limited(500))])).toEqual([{ kind: "setTimer", timer: "retry", ms: 500 }]);
    expect(play([attempt(0, limited(500)), fired("retry")])).toEqual(sends(1));
    expect(play([attempt(0, limited(1900))])).toEqual(ends("unreachable", "rateLimited"));
  });
});

describe("a hedge", () => {
  it("leaves on a fresh connection when the first attempt is slow, and twice at most", () => {
    expect(play([fired("hedge")])).toEqual(sends(1));
    expect(play([fired("hedge"), fired("hedge")])).toEqual(sends(2));
    expect(play([fired("hedge"), fired("hedge"), fired("hedge")])).toEqual([]);
  });

  it("takes twice as long each time", () => {
    const first = advance(freshAcknowledgement(400), { kind: "start" }, 2000);
    const second = advance(first.next, fired("hedge"), 1600);
    expect(second.effects).toContainEqual({ kind: "setTimer", timer: "hedge", ms: 800 });
  });

  it("does not leave when nothing is in flight any more, or too little time is left", () => {
    expect(play([attempt(0, lost), fired("hedge")])).toEqual([]);
    expect(play([fired("hedge")], 100)).toEqual([]);
  });

  it("makes it ours whichever attempt is accepted", () => {
    expect(play([fired("hedge"), attempt(1, accepted)])).toEqual(ends("owned", "accepted"));
    expect(play([fired("hedge"), attempt(0, accepted)])).toEqual(ends("owned", "accepted"));
  });

  it("told 40060 waits a moment for the other attempt, and then takes that for the one that landed", () => {
    const inputs = [fired("hedge"), attempt(1, alreadyAcknowledged)];
    expect(play(inputs)).toEqual([{ kind: "setTimer", timer: "settle", ms: 250 }]);
    expect(play([...inputs, fired("settle")])).toEqual(ends("owned", "ourLostResponse"));
    expect(play([...inputs, attempt(0, lost)])).toEqual(ends("owned", "ourLostResponse"));
  });

  it("does not take another process's acknowledgement for ours when both attempts are told 40060", () => {
    expect(play([fired("hedge"), attempt(1, alreadyAcknowledged), attempt(0, alreadyAcknowledged)])).toEqual(
      ends("foreign", "anotherProcess"),
    );
  });

  it("in flight is waited for when the first attempt is lost", () => {
    expect(play([fired("hedge"), attempt(0, lost)])).toEqual([]);
    expect(play([fired("hedge"), attempt(0, lost), attempt(1, lost)])).toEqual(probes);
  });
});

describe("an echo of our own success", () => {
  const sent = advance(freshAcknowledgement(400), { kind: "start" }, 2000).next;
  const hedged = advance(sent, fired("hedge"), 1600).next;

  it("is every 40060, and a 10062 where several attempts were sent", () => {
    expect(mayBeEcho(sent.attempts, alreadyAcknowledged)).toBe(true);
    expect(mayBeEcho(hedged.attempts, alreadyAcknowledged)).toBe(true);
    expect(mayBeEcho(hedged.attempts, unknownInteraction)).toBe(true);
  });

  it("is no 10062 to the only attempt, and nothing else", () => {
    expect(mayBeEcho(sent.attempts, unknownInteraction)).toBe(false);
    for (const outcome of [accepted, malformed, lost, unsent]) expect(mayBeEcho(hedged.attempts, outcome)).toBe(false);
  });
});

describe("the state machine", () => {
  it("refuses an input that does not belong to its state", () => {
    const fresh = freshAcknowledgement(400);
    expect(() => advance(fresh, fired("retry"), 2000)).toThrow("does not belong");
    const { next } = advance(fresh, { kind: "start" }, 2000);
    expect(() => advance(next, { kind: "start" }, 2000)).toThrow("does not belong");
    expect(() => advance(next, probe(there), 2000)).toThrow("does not belong");
    expect(() => advance(next, attempt(3, accepted), 2000)).toThrow("does not belong");
  });

  it("is not moved by what comes in after the end", () => {
    expect(play([fired("hedge"), attempt(0, accepted), attempt(1, alreadyAcknowledged)])).toEqual([]);
    expect(play([attempt(0, accepted), fired("hedge")])).toEqual([]);
  });
});
