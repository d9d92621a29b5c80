import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { acquireProcessLock } from "../../src/instance/process-lock.ts";
import { holdsLock } from "../../src/supervision/lock-proof.ts";

describe.runIf(process.platform === "linux")("whether a process holds the lock, as the kernel tells it", () => {
  it("is yes of the one that does, no of any other, and not known where nobody does", async () => {
    const fingerprint = randomBytes(8).toString("hex");
    const another = spawn("sleep", ["60"]);
    expect(holdsLock(process.pid, fingerprint)).toBeUndefined();
    const lock = await acquireProcessLock({ fingerprint, version: "1.2.3", now: () => 0 });
    expect(holdsLock(process.pid, fingerprint)).toBe(true);
    expect(holdsLock(another.pid ?? -1, fingerprint)).toBe(false);
    // The beginning of a name is another name.
    expect(holdsLock(process.pid, fingerprint.slice(0, -1))).toBeUndefined();
    another.kill();
    if (lock.kind === "held") await lock.release();
  });

  it("is not known on other systems", () => {
    expect(holdsLock(process.pid, "0123456789abcdef", "darwin")).toBeUndefined();
  });
});
