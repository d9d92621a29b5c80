import { describe, expect, it } from "vitest";
import { faultCases } from "../../../src/sandbox/bench/fault-cases.ts";
import { runFaultCase } from "../../../src/sandbox/bench/fault-run.ts";
import { searchForSecrets } from "../../../src/sandbox/bench/leaks.ts";

const botToken = "MTAwMDAwMDAwMDAwMDAwMDAx.abcdef.0123456789abcdefghijklmnopqrstuvwxyz";
const interactionToken = Buffer.from("interaction:1000000000000000001:secret").toString("base64url");

describe("the search for secrets in logs", () => {
  it.each([
    ["a bot token", `login with ${botToken}`],
    ["an interaction token", `{"url":"/interactions/1/${interactionToken}/callback"}`],
    ["the backend's key", "authorization: Bearer key-of-the-backend"],
  ])("finds %s, and says where", (what, text) => {
    const { lines, leaks } = searchForSecrets([["a line", text], ["another"]], {
      "the backend's key": "key-of-the-backend",
    });
    expect(lines).toBe(3);
    expect(leaks).toEqual([{ what, line: 2 }]);
  });

  it("takes ordinary lines for what they are", () => {
    const text = JSON.stringify({ message: "interaction finished", interactionId: "1000000000000000001", age: 12.5 });
    expect(searchForSecrets([[text]], { "the bot token": botToken }).leaks).toEqual([]);
  });
});

/** Every kind of fault that ends in an error, which is where secrets would come from. */
const cases = faultCases.filter(({ name }) =>
  [
    "response lost: reset",
    "response lost: 5xx after processing",
    "5xx before processing",
    "10062 though the ack took effect",
    "2 processes, response lost",
    "gateway dropped before the ack",
    "backend 503",
    "backend malformed",
    "edit failing twice",
    "edit 429",
  ].includes(name),
);

describe("what the bot writes at its most talkative", { timeout: 60_000 }, () => {
  it.each(cases)("holds no token and no key: $name", async (faultCase) => {
    const talkative = { ...faultCase, env: { ...faultCase.env, LOG_LEVEL: "debug" } };
    const { tally, log } = await runFaultCase(talkative, "ours", { count: 3, seed: 1 });
    expect(tally.interactions).toBeGreaterThanOrEqual(3);
    expect(log.lines).toBeGreaterThan(tally.interactions);
    expect(log.leaks).toEqual([]);
  });
});
