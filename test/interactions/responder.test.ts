import { describe, expect, it } from "vitest";
import { type InteractionLane, LaneError, type MessageBody } from "../../src/interactions/lane.ts";
import { createResponder, isTokenOver, type ResponderOptions } from "../../src/interactions/responder.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minuteMs = 60_000;

/** A responder, and a Discord that answers each request as the test says. */
function responding(
  discord: (request: string, content: string | null | undefined) => LaneError | undefined,
  mode: ResponderOptions["mode"] = { surface: "reply", visibility: "private" },
) {
  const clock = new VirtualClock();
  const requests: string[] = [];
  const receive = async (request: string, body?: MessageBody): Promise<void> => {
    requests.push(body === undefined ? request : `${request} ${body.content}`);
    const error = discord(request, body?.content);
    if (error !== undefined) throw error;
  };
  const lane: InteractionLane = {
    callback: async () => ({ kind: "accepted" }),
    probe: async () => ({ kind: "unknown" }),
    editOriginal: (_target, body) => receive("edit", body),
    followUp: (_target, body) => receive("followUp", { content: body.content }),
    deleteOriginal: () => receive("delete"),
  };
  const responder = createResponder({
    clock,
    lane,
    target: { id: "1", applicationId: "2", token: "t" },
    mode,
    createdAtMs: 0,
    onlyForYou: "only for you",
    plainFailure: "plain",
    onInterim: () => void requests.push("interim"),
    onFollowedUp: () => void requests.push("followed up"),
    answerMayBeLost: "may be lost",
    onError: () => {},
  });
  return { clock, requests, responder };
}

const refused = new LaneError("edit", { kind: "refused", status: 400, code: 50035 });
const unavailable = new LaneError("edit", { kind: "unaccounted", status: 503 });
const lost = new LaneError("request", { kind: "unaccounted" });
const unsent = new LaneError("request", { kind: "unsent" });
const unknown = new LaneError("request", { kind: "refused", status: 404, code: 10015 });
const limited = (retryAfterMs: number) => new LaneError("request", { kind: "limited", retryAfterMs });

describe("an answer", () => {
  it("whose form Discord refuses is a plain sentence instead, and says so", async () => {
    const { responder, requests } = responding((_request, content) => (content === "plain" ? undefined : refused));
    expect(await responder.answer({ content: "fancy" })).toBe("plainSentence");
    expect(requests).toEqual(["edit fancy", "edit plain"]);
  });

  it("is given up when Discord refuses the plain sentence too", async () => {
    const { responder, requests } = responding(() => (requests.length > 10 ? undefined : refused));
    await expect(responder.answer({ content: "fancy" })).rejects.toBe(refused);
    expect(requests).toEqual(["edit fancy", "edit plain"]);
  });

  it("for one person, beside a component's message, is a plain sentence too when its form is refused", async () => {
    const { responder, requests } = responding((_request, content) => (content === "plain" ? undefined : refused), {
      surface: "update",
      visibility: "private",
    });
    expect(await responder.answerPrivately({ content: "fancy" })).toBe("plainSentence");
    expect(requests).toEqual(["followUp fancy", "followUp plain"]);
  });

  it("is tried while Discord fails, and the token is over after that", async () => {
    const { clock, responder, requests } = responding(() => unavailable);
    const failure = responder.answer({ content: "done" }).catch((error: unknown) => error);
    await clock.advance(15 * minuteMs);
    expect(isTokenOver(await failure)).toBe(true);
    expect(requests.length).toBeGreaterThan(10);
    expect(clock.pending).toBe(0);
  });

  it("waits as long as Discord asks when it is limited, and not a moment less", async () => {
    const { clock, responder, requests } = responding(() => (requests.length === 1 ? limited(40_000) : undefined));
    const shown = responder.answer({ content: "done" });
    await clock.advance(39_999);
    expect(requests).toEqual(["edit done"]);
    await clock.advance(1);
    expect(await shown).toBe("answer");
    expect(requests).toEqual(["edit done", "edit done"]);
  });

  it("is given up at once when Discord asks to wait beyond the token's life", async () => {
    const { clock, responder, requests } = responding(() => limited(16 * minuteMs));
    expect(isTokenOver(await responder.answer({ content: "done" }).catch((error: unknown) => error))).toBe(true);
    expect(requests).toEqual(["edit done"]);
    expect(clock.pending).toBe(0);
  });

  it("is the last word: no progress replaces it", async () => {
    const { responder, requests } = responding(() => undefined);
    await responder.show({ content: "half-way" });
    await responder.answer({ content: "done" });
    await responder.show({ content: "nearly" });
    expect(requests).toEqual(["interim", "edit half-way", "edit done"]);
  });
});

describe("a private answer to a public command", () => {
  const mode = { surface: "reply", visibility: "public" } as const;

  it("follows a finished public message, which is taken away after it", async () => {
    const { responder, requests } = responding(() => undefined, mode);
    await responder.answerPrivately({ content: "psst" });
    expect(requests).toEqual(["interim", "edit only for you", "followUp psst", "followed up", "delete"]);
  });

  it("is shown in public rather than not at all", async () => {
    const refusing = responding((request) => (request === "followUp" ? refused : undefined), mode);
    await refusing.responder.answerPrivately({ content: "psst" });
    expect(refusing.requests).toEqual(["interim", "edit only for you", "followUp psst", "edit psst"]);
  });

  it.each([
    { name: "could not be connected", failure: unsent },
    { name: "was limited", failure: limited(100) },
    { name: "was unknown to Discord for a moment", failure: unknown },
  ])("is sent again when its request $name: it is certainly not there yet", async ({ failure }) => {
    const failures = [failure, failure];
    const { clock, responder, requests } = responding(
      (request) => (request === "followUp" ? failures.pop() : undefined),
      mode,
    );
    const shown = responder.answerPrivately({ content: "psst" });
    await clock.advance(2000);
    expect(await shown).toBe("answer");
    expect(requests).toEqual([
      "interim",
      "edit only for you",
      "followUp psst",
      "followUp psst",
      "followUp psst",
      "followed up",
      "delete",
    ]);
  });

  it("waits as long as Discord asks when it is limited, and is shown in public before the token is over", async () => {
    const { clock, responder, requests } = responding(
      (request) => (request === "followUp" ? limited(minuteMs) : undefined),
      mode,
    );
    const shown = responder.answerPrivately({ content: "psst" });
    await clock.advance(15 * minuteMs);
    expect(await shown).toBe("answer");
    expect(requests.filter((request) => request === "followUp psst")).toHaveLength(15);
    expect(requests.at(-1)).toBe("edit psst");
    expect(clock.pending).toBe(0);
  });

  it("whose response was lost is neither sent again nor shown in public: a sentence says that it may be lost", async () => {
    const { responder, requests } = responding((request) => (request === "followUp" ? lost : undefined), mode);
    expect(await responder.answerPrivately({ content: "psst" })).toBe("unsure");
    expect(requests).toEqual(["interim", "edit only for you", "followUp psst", "edit may be lost"]);
  });

  it("is not taken back because the public message could not be deleted", async () => {
    const { clock, responder, requests } = responding((request) => (request === "delete" ? lost : undefined), mode);
    const shown = responder.answerPrivately({ content: "psst" });
    await clock.advance(minuteMs);
    expect(await shown).toBe("answer");
    expect(requests).toEqual([
      "interim",
      "edit only for you",
      "followUp psst",
      "followed up",
      "delete",
      "delete",
      "delete",
    ]);
  });
});

describe("what is said to one person beside a component's message", () => {
  const mode = { surface: "update", visibility: "private" } as const;

  it("is sent again when its request certainly had no effect", async () => {
    const { clock, responder, requests } = responding(() => (requests.length < 3 ? unsent : undefined), mode);
    const shown = responder.answerPrivately({ content: "psst" });
    await clock.advance(2000);
    expect(await shown).toBe("answer");
    expect(requests).toEqual(["followUp psst", "followUp psst", "followUp psst"]);
  });

  it("whose response was lost is not sent again: a sentence says that it may be lost", async () => {
    const { responder, requests } = responding((_request, content) => (content === "psst" ? lost : undefined), mode);
    expect(await responder.answerPrivately({ content: "psst" })).toBe("unsure");
    expect(requests).toEqual(["followUp psst", "followUp may be lost"]);
  });

  it("is given up when that sentence may be lost as well", async () => {
    const { responder, requests } = responding(() => lost, mode);
    await expect(responder.answerPrivately({ content: "psst" })).rejects.toBe(lost);
    expect(requests).toEqual(["followUp psst", "followUp may be lost"]);
  });
});
