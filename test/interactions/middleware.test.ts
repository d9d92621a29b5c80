import { describe, expect, it } from "vitest";
import { chain } from "../../src/interactions/middleware.ts";

describe("a chain of middlewares", () => {
  it("runs in the order it is written, each step seeing what the steps before it established", async () => {
    const seen: string[] = [];
    await chain<{ a: number }>()
      .use<{ a: number; b: string }>(async (context, next) => {
        seen.push(`in ${context.a}`);
        await next({ ...context, b: "x" });
        seen.push("out");
      })
      .use<never>(async (context) => void seen.push(`${context.a}${context.b}`))
      .run({ a: 1 });
    expect(seen).toEqual(["in 1", "1x", "out"]);
  });

  it("stops where a step does not call next", async () => {
    let reached = false;
    await chain<number>()
      .use(async () => {})
      .use(async () => {
        reached = true;
      })
      .run(1);
    expect(reached).toBe(false);
  });

  it("reaches the last step synchronously while nobody awaits", () => {
    let reached = false;
    void chain<number>()
      .use((context, next) => next(context))
      .use(async () => {
        reached = true;
      })
      .run(1);
    expect(reached).toBe(true);
  });

  it("refuses a second call of next, and says what to do instead", async () => {
    const twice = chain<number>().use(async (context, next) => {
      await next(context);
      await next(context);
    });
    await expect(twice.use(async () => {}).run(1)).rejects.toThrow("return after calling it");
  });

  it("can branch: two ways share the steps before the fork", async () => {
    const seen: string[] = [];
    const shared = chain<string>().use((context, next) => next(context.toUpperCase()));
    await shared.use(async (context) => void seen.push(`left ${context}`)).run("a");
    await shared.use(async (context) => void seen.push(`right ${context}`)).run("b");
    expect(seen).toEqual(["left A", "right B"]);
  });
});
