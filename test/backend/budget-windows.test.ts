import { expect, it } from "vitest";
import { RequestBudget } from "../../src/backend/budget.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const windowMs = 900_000;
const limit = 100;

function setUp() {
  const clock = new VirtualClock();
  const budget = new RequestBudget({ clock, personShare: 1 });
  /** A request whose answer takes so long, and says what the backend knew when it arrived: the limiter looks first. */
  const ask = async (latencyMs: number, remaining: number, endsAtMs: number): Promise<void> => {
    const spending = budget.spend({ priority: "person" });
    const resetAfterMs = endsAtMs - clock.monotonic();
    await clock.advance(latencyMs);
    if (spending.kind === "granted") spending.done({ limit, remaining, resetAfterMs, windowMs });
  };
  return { clock, budget, ask };
}

it("takes answers that took long for answers of the window they were asked in", async () => {
  const { budget, ask } = setUp();
  await ask(1_000, 50, windowMs);
  for (let time = 0; time < 30; time += 1) budget.spend({ priority: "refresh" });
  await ask(22_000, 49, windowMs);
  await ask(1_000, 48, windowMs);
  // What was refreshed is not forgotten.
  expect(budget.spend({ priority: "refresh" }).kind).toBe("refused");
  expect(budget.state?.remaining).toBe(48);
});

it("believes the first answer of a new window that ends sooner than it seemed", async () => {
  const { clock, budget, ask } = setUp();
  await ask(0, 99, windowMs);
  // The backend's window began when the last one ended; here it is noticed with the first question after.
  await clock.advance(windowMs + 60_000);
  await ask(1_000, 40, 2 * windowMs);
  expect(budget.state?.remaining).toBe(40);
  // And so it ends then.
  await clock.advance(windowMs - 61_000);
  expect(budget.state?.remaining).toBe(limit);
});

it("does not take an answer of the last window for one of the new window", async () => {
  const { clock, budget, ask } = setUp();
  await ask(0, 99, windowMs);
  await clock.advance(windowMs - 1_000);
  const late = ask(5_000, 0, windowMs);
  await late;
  await ask(0, 99, 2 * windowMs);
  expect(budget.state?.remaining).toBe(99);
});

it("keeps count over the first answer of a window", async () => {
  const { budget, ask } = setUp();
  for (let time = 0; time < 29; time += 1) {
    const spending = budget.spend({ priority: "refresh" });
    if (spending.kind === "granted") spending.done(undefined);
  }
  await ask(0, 70, windowMs);
  expect(budget.spend({ priority: "refresh" }).kind).toBe("granted");
  expect(budget.spend({ priority: "refresh" }).kind).toBe("refused");
});
