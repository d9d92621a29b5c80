import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { acquireProcessLock } from "../../src/instance/process-lock.ts";
import { holdsLock } from "../../src/supervision/lock-proof.ts";

describe.runIf(process.platform === "linux")("whether a process holds the lock, as the kernel tells it", () => {
  it.each([
    ["lock", "lease"],
    ["lease", "lock"],
  ] as const)(
    "is yes of the one that does, no of any other, and not known where nobody does (%s)",
    async (mode, other) => {
      const fingerprint = randomBytes(8).toString("hex");
      const another = spawn("sleep", ["60"]);
      expect(holdsLock(process.pid, { fingerprint, mode })).toBeUndefined();
      const lock = await acquireProcessLock({ fingerprint, mode, version: "1.2.3", now: () => 0 });
      expect(holdsLock(process.pid, { fingerprint, mode })).toBe(true);
      expect(holdsLock(another.pid ?? -1, { fingerprint, mode })).toBe(false);
      expect(holdsLock(process.pid, { fingerprint, mode: other })).toBeUndefined();
      // The beginning of a name is another name.
      expect(holdsLock(process.pid, { fingerprint: fingerprint.slice(0, -1), mode })).toBeUndefined();
      another.kill();
      if (lock.kind === "held") await lock.release();
    },
  );

  it("is not known on other systems", () => {
    expect(holdsLock(process.pid, { fingerprint: "0123456789abcdef" }, "darwin")).toBeUndefined();
  });
});
