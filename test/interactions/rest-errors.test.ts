import { REST } from "@discordjs/rest";
import { afterEach, describe, expect, it } from "vitest";
import { readRestFailure } from "../../src/interactions/rest-errors.ts";
import { findFreePort } from "../support/free-port.ts";
import { answer, type RawServer, type stall, startRawServer } from "../support/raw-server.ts";

describe("a failed request to Discord", () => {
  let server: RawServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  /** What is read of the error that a real client throws at a real answer. */
  const failureAt = async (
    handle: Parameters<typeof startRawServer>[0],
    options: ConstructorParameters<typeof REST>[0] = {},
  ) => {
    server = await startRawServer(handle);
    const rest = new REST({ api: server.apiUrl, retries: 0, ...options });
    return readRestFailure(await rest.get("/gateway", { auth: false }).catch((error: unknown) => error));
  };

  it("is refused with Discord's code", async () => {
    const failure = await failureAt((_, response) => answer(response, 404, { code: 10062, message: "Unknown" }));
    expect(failure).toEqual({ kind: "refused", status: 404, code: 10062 });
  });

  it("is refused without a code, when the answer has a word for one or is no JSON", async () => {
    const word = (_: unknown, response: Parameters<typeof answer>[0]) =>
      answer(response, 400, { error: "invalid_grant", error_description: "Invalid" });
    expect(await failureAt(word)).toEqual({ kind: "refused", status: 400, code: 0 });
    await server?.close();
    const page = (_: unknown, response: Parameters<typeof answer>[0]) => {
      response.writeHead(403, { "content-type": "text/html" });
      response.end("<h1>blocked</h1>");
    };
    expect(await failureAt(page)).toEqual({ kind: "refused", status: 403, code: 0 });
  });

  it("is limited with the time to wait in milliseconds", async () => {
    const limited = (_: unknown, response: Parameters<typeof answer>[0]) => {
      response.setHeader("retry-after", "7");
      answer(response, 429, { message: "slow down", retry_after: 7, global: false });
    };
    const failure = await failureAt(limited, { rejectOnRateLimit: () => true });
    expect(failure).toEqual({ kind: "limited", retryAfterMs: expect.closeTo(7000, -3) });
  });

  it("is unaccounted with the status when Discord failed", async () => {
    const failure = await failureAt((_, response) => answer(response, 502, { message: "bad gateway" }));
    expect(failure).toEqual({ kind: "unaccounted", status: 502 });
  });

  it.each([
    { name: "timed out", handle: () => {} },
    {
      name: "was reset",
      handle: (_: unknown, response: Parameters<typeof stall>[0]) => response.socket?.resetAndDestroy(),
    },
    { name: "was closed", handle: (_: unknown, response: Parameters<typeof stall>[0]) => response.socket?.end() },
  ])("is unaccounted when the connection $name", async ({ handle }) => {
    expect(await failureAt(handle, { timeout: 50 })).toEqual({ kind: "unaccounted" });
  });

  it("is unsent when nothing listens", async () => {
    const rest = new REST({ api: `http://127.0.0.1:${await findFreePort()}/api`, retries: 0 });
    const error: unknown = await rest.get("/gateway", { auth: false }).catch((thrown: unknown) => thrown);
    expect(readRestFailure(error)).toEqual({ kind: "unsent" });
  });

  it("is unsent when several addresses were tried in turn, or the failure is the cause of another", () => {
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    expect(readRestFailure(new AggregateError([refused, refused]))).toEqual({ kind: "unsent" });
    expect(readRestFailure(new Error("fetch failed", { cause: refused }))).toEqual({ kind: "unsent" });
  });

  it.each(["ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"])(
    "is unsent when no connection could be made (%s)",
    (code) => expect(readRestFailure(Object.assign(new Error("no"), { code }))).toEqual({ kind: "unsent" }),
  );

  it("is unaccounted when nothing is known of it", () => {
    expect(readRestFailure("what?")).toEqual({ kind: "unaccounted" });
    expect(readRestFailure(new Error("what?"))).toEqual({ kind: "unaccounted" });
    expect(readRestFailure(new AggregateError([]))).toEqual({ kind: "unaccounted" });
  });
});
