import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepCompiled, loadCompiled } from "../src/code-cache.ts";
import { inRepository, runProgram } from "./support/run-program.ts";

let folder: string;
let path: string;
const cachePath = () => `${path}.cache`;
const says = (word: string): void => writeFileSync(path, `exports.said = "${word}";`);
const said = (exported: unknown): unknown =>
  typeof exported === "object" && exported !== null && "said" in exported ? exported.said : undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalguard-code-cache-"));
  path = join(folder, "program.cjs");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("runs what was compiled, and not the file", () => {
  says("first");
  keepCompiled(path);
  const compiled = readFileSync(cachePath()).subarray(32);
  // V8 compares nothing but the length, so that a cache said to be of this file shows which of the two was run.
  says("other");
  const digest = createHash("sha256").update(readFileSync(path)).update(compiled).digest();
  writeFileSync(cachePath(), Buffer.concat([digest, compiled]));
  expect(said(loadCompiled(path))).toBe("first");
});

it("compiles a file that has changed since, also when its length has not", () => {
  says("first");
  keepCompiled(path);
  says("other");
  expect(said(loadCompiled(path))).toBe("other");
});

it.each([
  ["there is none", () => rmSync(cachePath())],
  ["it is empty", () => truncateSync(cachePath(), 0)],
  ["it ends in the middle", () => truncateSync(cachePath(), 40)],
  ["it is of another V8", () => writeFileSync(cachePath(), ofAnotherV8(readFileSync(cachePath())))],
])("compiles the file when %s", (_, spoil) => {
  says("first");
  keepCompiled(path);
  spoil();
  expect(said(loadCompiled(path))).toBe("first");
});

it("gives the file what a module is given, and says what it throws", () => {
  writeFileSync(
    path,
    "exports.said = [__filename, typeof require('node:fs').readFileSync, module.exports === exports];",
  );
  keepCompiled(path);
  expect(said(loadCompiled(path))).toEqual([path, "function", true]);
  writeFileSync(path, "throw new Error('as it began');");
  expect(() => loadCompiled(path)).toThrow("as it began");
});

it("names the lines of the sources where Node.js is to do so", async () => {
  const map = { version: 3, sources: ["program.ts"], names: [], mappings: "AAAA" };
  const inline = Buffer.from(JSON.stringify(map)).toString("base64");
  const throwing = `throw new Error("planted");\n//# sourceMappingURL=data:application/json;base64,${inline}`;
  writeFileSync(path, throwing);
  const program = `import { loadCompiled } from ${JSON.stringify(inRepository("dist/code-cache.js"))};
    loadCompiled(${JSON.stringify(path)});`;
  const flags = ["--enable-source-maps", "--input-type=module", "-e", program];
  expect((await runProgram(process.execPath, flags)).stderr).toContain("program.ts:1");
});

/** The version stands in its second four bytes. */
function ofAnotherV8(kept: Buffer): Buffer {
  const compiled = Buffer.from(kept.subarray(32));
  compiled.writeUInt32LE(compiled.readUInt32LE(4) ^ 1, 4);
  const digest = createHash("sha256").update(readFileSync(path)).update(compiled).digest();
  return Buffer.concat([digest, compiled]);
}
