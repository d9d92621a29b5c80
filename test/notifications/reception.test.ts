import { describe, expect, it } from "vitest";
import { type JobName, type NotificationJob, readJob } from "../../src/notifications/jobs.ts";
import { maxNotificationBytes } from "../../src/notifications/message.ts";
import { examine, type Meant, maxKeptBytes, readPayload, receive } from "../../src/notifications/reception.ts";
import { maxSignalChangeBytes } from "../../src/notifications/signal-change.ts";
import { published } from "./support/queue.ts";

const examined = (text: string, meant: Meant = "notification") =>
  examine(receive(text, { meant, way: "channel", receivedAtMs: 1000 }));
/** As the queue gives it back. */
const kept = ({ job }: ReturnType<typeof examined>): NotificationJob => {
  const { name, ...data } = job;
  const read = readJob(name, JSON.parse(JSON.stringify(data)));
  if (read === undefined) throw new Error("it cannot be read");
  return read;
};
const change = JSON.stringify({ pair: "EUR/USD", newSignal: "long" });

describe("what came", () => {
  it("says the same when it is read from the queue", () => {
    expect(readPayload(kept(examined(published())))).toMatchObject({
      kind: "notification",
      notification: { personId: "200000000000000001", receivedAtMs: 1000 },
    });
    expect(readPayload(kept(examined(change, "signalChange")))).toMatchObject({ kind: "signalChange" });
    expect(readPayload(kept(examined("{", "signalChange")))).toEqual({
      kind: "malformed",
      reason: "notJson",
      path: "",
    });
  });

  it("has a receipt of its own each time", () => {
    expect(examined(published()).job.receipt).not.toBe(examined(published()).job.receipt);
  });

  it("is read as what it was published as", () => {
    expect(examined(change).fault).toMatchObject({ reason: "noPerson" });
    expect(examined(published(), "signalChange").fault).toMatchObject({ reason: "noSignal" });
  });

  it("and could not be read is read again, for a reader that was mended", () => {
    const { job } = examined("{");
    const mended: NotificationJob = job.name === "malformed" ? { ...job, payload: published(), bytes: 1 } : job;
    expect(readPayload(mended)).toMatchObject({ kind: "notification" });
  });

  it("and was cut is never read for what is left of it", () => {
    for (const bytes of [maxNotificationBytes + 1, maxSignalChangeBytes + 1]) {
      const padded = published() + " ".repeat(bytes - published().length);
      const job = kept(examined(padded));
      expect(job).toMatchObject({ name: "malformed", reason: "tooLarge", bytes });
      expect(Buffer.byteLength(job.payload)).toBeLessThanOrEqual(maxKeptBytes);
      expect(readPayload(job)).toEqual({ kind: "malformed", reason: "tooLarge", path: "" });
    }
  });

  it("is not held on to when it is huge", () => {
    const from = { meant: "notification", way: "channel", receivedAtMs: 1000 } as const;
    const { text, bytes } = receive("é".repeat(maxSignalChangeBytes), from);
    expect(bytes).toBe(2 * maxSignalChangeBytes);
    expect(text.length).toBeLessThanOrEqual(maxKeptBytes);
  });

  it("and was cut in the middle of a character is known as cut", () => {
    for (const [text, bytes] of [
      ["é".repeat(maxKeptBytes / 2), maxKeptBytes],
      [`${"é".repeat(maxKeptBytes / 2)}x`, maxKeptBytes + 1],
      [`xx${"€".repeat(Math.floor(maxKeptBytes / 3))}`, maxKeptBytes + 1],
      [`x${"😀".repeat(maxKeptBytes / 4)}`, maxKeptBytes + 1],
    ] as const) {
      const job = kept(examined(text));
      expect(job.name === "malformed" && job.bytes).toBe(bytes);
      expect(bytes > Buffer.byteLength(job.payload)).toBe(bytes > maxKeptBytes);
    }
  });
});

describe("a job of the queue", () => {
  it.each<[string, string, unknown]>([
    ["another name", "late", { payload: "", receivedAtMs: 1, way: "channel", receipt: "" }],
    ["no payload", "notification", { receivedAtMs: 1, way: "channel", receipt: "" }],
    ["another way", "notification", { payload: "", receivedAtMs: 1, way: "pigeon", receipt: "" }],
    ["no reason", "malformed" satisfies JobName, { payload: "", receivedAtMs: 1, way: "channel", receipt: "" }],
    ["nothing", "notification", undefined],
    ["null", "notification", null],
    ["a text", "notification", "text"],
  ])("that is none of ours is not read: %s", (_case, name, data) => {
    expect(readJob(name, data)).toBeUndefined();
  });
});
