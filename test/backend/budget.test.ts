import { describe, expect, it } from "vitest";
import type { Asker, Priority } from "../../src/backend/backend.ts";
import { type RateLimit, RequestBudget, type Spending } from "../../src/backend/budget.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const quarterHourMs = 15 * 60_000;
const limitOf = (remaining: number, resetAfterMs = quarterHourMs): RateLimit => ({
  ...{ limit: 100, remaining, resetAfterMs },
  windowMs: quarterHourMs,
});
type For = Pick<Asker, "priority" | "personId">;
const nobody = (priority: Priority): For => ({ priority });
const waiting: For = nobody("person");

const setUp = (personShare = 1) => {
  const clock = new VirtualClock();
  const budget = new RequestBudget({ clock, personShare });
  const granted = (asker: For): Spending & { kind: "granted" } => {
    const spending = budget.spend(asker);
    if (spending.kind === "refused") throw new Error(`refused for ${spending.retryAfterMs} ms`);
    return spending;
  };
  /** What the backend says with its next answer. */
  const learn = (limit: RateLimit) => granted(waiting).done(limit);
  /** How many requests of this kind are granted before the first refusal. */
  const mostOf = (asker: For): number => {
    for (let count = 0; ; count += 1) {
      const spending = budget.spend(asker);
      if (spending.kind === "refused") return count;
      spending.done(undefined);
    }
  };
  return { clock, budget, granted, learn, mostOf };
};

describe("the budget of requests", () => {
  it("lets everybody ask before it knows of a limit", () => {
    const { budget, granted } = setUp();
    expect(budget.state).toBeUndefined();
    for (let i = 0; i < 500; i += 1) granted(nobody("scan"));
  });

  it("believes what the backend says remains, and refuses until the reset", async () => {
    const { budget, clock, learn, mostOf } = setUp();
    learn(limitOf(3));
    expect(budget.state).toEqual({ limit: 100, remaining: 3, resetAfterMs: quarterHourMs });
    expect(mostOf(waiting)).toBe(3);
    await clock.advance(60_000);
    expect(budget.spend(waiting)).toEqual({ kind: "refused", retryAfterMs: quarterHourMs - 60_000 });
    await clock.advance(quarterHourMs - 60_000);
    expect(budget.spend(waiting)).toMatchObject({ kind: "granted" });
  });

  it("counts what is on its way, which no answer has counted for sure", () => {
    const { budget, granted, learn } = setUp();
    learn(limitOf(2));
    const [first] = [granted(waiting), granted(waiting)];
    expect(budget.spend(waiting)).toMatchObject({ kind: "refused" });
    first?.done(limitOf(1));
    expect(budget.spend(waiting)).toMatchObject({ kind: "refused" });
  });

  it("takes answers in any order: the lowest of a window counts", () => {
    const { budget, granted } = setUp();
    const [first, second] = [granted(waiting), granted(waiting)];
    second?.done(limitOf(40));
    first?.done(limitOf(41, quarterHourMs - 1_000));
    expect(budget.state?.remaining).toBe(40);
  });

  it("begins anew with a new window, also when the backend was restarted and forgot", async () => {
    const { budget, clock, learn } = setUp();
    learn(limitOf(1));
    await clock.advance(60_000);
    learn(limitOf(99));
    expect(budget.state).toEqual({ limit: 100, remaining: 99, resetAfterMs: quarterHourMs });
  });

  it("counts a request whose answer said nothing", () => {
    const { budget, granted, learn } = setUp();
    learn(limitOf(10));
    granted(waiting).done(undefined);
    expect(budget.state?.remaining).toBe(9);
  });

  it("asks nothing while the backend asked to be left alone", async () => {
    const { budget, clock } = setUp();
    budget.pause(5_000);
    budget.pause(1_000);
    expect(budget.spend(waiting)).toEqual({ kind: "refused", retryAfterMs: 5_000 });
    await clock.advance(5_000);
    expect(budget.spend(waiting)).toMatchObject({ kind: "granted" });
  });
});

describe("what remains", () => {
  it.each<[Priority, number]>([
    ["person", 100],
    ["button", 95],
    ["refresh", 30],
    ["scan", 60],
  ])(
    "at the beginning of a window goes to a %s as far as those before are not in want: %i of 100",
    (priority, most) => {
      const { learn, mostOf } = setUp();
      learn(limitOf(100));
      expect(mostOf(nobody(priority))).toBe(most);
    },
  );

  it("goes to people when everything else is refused", () => {
    const { learn, mostOf } = setUp();
    learn(limitOf(100));
    expect(mostOf(nobody("scan"))).toBe(60);
    expect(mostOf(nobody("refresh"))).toBeGreaterThan(0);
    expect(mostOf(nobody("button"))).toBeGreaterThan(0);
    expect(mostOf(waiting)).toBe(5);
  });

  it("is free for all near the end of the window: what nobody asked for by then may be used", async () => {
    const { clock, learn, mostOf } = setUp();
    learn(limitOf(40));
    expect(mostOf(nobody("scan"))).toBe(0);
    await clock.advance(quarterHourMs / 2);
    expect(mostOf(nobody("scan"))).toBe(20);
    await clock.advance(quarterHourMs / 2 - 1_000);
    expect(mostOf(nobody("scan"))).toBe(19);
  });

  it("tells a scan when it may go on, and then it may", async () => {
    const { budget, clock, learn } = setUp();
    learn(limitOf(31));
    const spending = budget.spend(nobody("scan"));
    if (spending.kind !== "refused") throw new Error("granted");
    expect(spending.retryAfterMs).toBeCloseTo(quarterHourMs / 4, 0);
    await clock.advance(spending.retryAfterMs - 1);
    expect(budget.spend(nobody("scan"))).toMatchObject({ kind: "refused" });
    await clock.advance(2);
    expect(budget.spend(nobody("scan"))).toMatchObject({ kind: "granted" });
  });

  it("is not refreshed away, however much there is: a scan has somebody who waits", () => {
    const { learn, mostOf } = setUp();
    learn(limitOf(100));
    expect(mostOf(nobody("refresh"))).toBe(30);
    expect(mostOf(nobody("scan"))).toBe(30);
  });

  it("is not one person's: after their share they go last, and nobody else notices", () => {
    const { learn, mostOf } = setUp(0.25);
    learn(limitOf(100));
    expect(mostOf({ priority: "person", personId: "greedy" })).toBe(60);
    expect(mostOf({ priority: "person", personId: "other" })).toBe(25);
    expect(mostOf({ priority: "person", personId: "another" })).toBe(15);
  });

  it("gives a new share with a new window", async () => {
    const { clock, learn, mostOf } = setUp(0.25);
    learn(limitOf(50));
    expect(mostOf({ priority: "person", personId: "greedy" })).toBe(25);
    await clock.advance(quarterHourMs);
    expect(mostOf({ priority: "person", personId: "greedy" })).toBe(60);
  });
});
