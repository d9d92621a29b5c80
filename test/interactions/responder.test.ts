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
    onError: () => {},
  });
  return { clock, requests, responder };
}

const refused = new LaneError("edit", 400, 50035);
const unavailable = new LaneError("edit", 503, undefined);

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
    const { responder, requests } = responding((request) => (request === "followUp" ? unavailable : undefined), mode);
    await responder.answerPrivately({ content: "psst" });
    expect(requests).toEqual(["interim", "edit only for you", "followUp psst", "edit psst"]);
  });
});
