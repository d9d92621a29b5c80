import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inRepository, runProgram } from "./support/run-program.ts";

it("builds the bot, and its second thread, into one file each that needs no package beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-bundle-"));
  mkdirSync(join(folder, "dist"));
  copyFileSync(inRepository("package.json"), join(folder, "package.json"));
  copyFileSync(inRepository("dist/main.js"), join(folder, "dist/main.js"));
  const { code, stderr } = await runProgram(process.execPath, [join(folder, "dist/main.js")]);
  expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining("BACKEND_API_KEY: is missing") });
  // Refuses to be anything but a thread, which it finds out when all it imports is there.
  copyFileSync(inRepository("dist/gateway-thread.js"), join(folder, "dist/gateway-thread.js"));
  const thread = await runProgram(process.execPath, [join(folder, "dist/gateway-thread.js")]);
  expect(thread.stderr).toContain("this is to be started as a thread of the bot");
  rmSync(folder, { recursive: true, force: true });
});

it("builds a file that V8 keeps in one byte a character", () => {
  expect(readFileSync(inRepository("dist/main.js")).findIndex((byte) => byte > 0x7f)).toBe(-1);
});
