import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { lockScope } from "../../src/instance/lock-scope.ts";

describe("the scope of the process lock", () => {
  it("is the same for every process that competes for it", () => {
    const script =
      'import("./src/instance/lock-scope.ts").then(({ lockScope }) => process.stdout.write(String(lockScope())))';
    const elsewhere = execFileSync(process.execPath, ["--import", "tsx", "--eval", script], { encoding: "utf8" });
    expect(elsewhere).toBe(String(lockScope()));
  });

  it("tells nothing about the machine it was read from", () => {
    expect(lockScope() ?? "0000000000000000").toMatch(/^[0-9a-f]{16}$/);
  });

  it("is unknown where the kernel does not say it", () => {
    expect(lockScope("darwin")).toBeUndefined();
  });
});
