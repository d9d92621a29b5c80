import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inRepository, runProgram } from "./support/run-program.ts";

it("builds the bot, and its second thread, into one file each that needs no package beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-bundle-"));
  mkdirSync(join(folder, "dist"));
  copyFileSync(inRepository("package.json"), join(folder, "package.json"));
  for (const file of ["main.js", "code-cache.js", "bot.cjs", "bot.cjs.cache", "gateway-thread.js"]) {
    copyFileSync(inRepository(`dist/${file}`), join(folder, "dist", file));
  }
  const { code, stderr } = await runProgram(process.execPath, [join(folder, "dist/main.js")]);
  expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining("BACKEND_API_KEY: is missing") });
  // Refuses to be anything but a thread, which it finds out when all it imports is there.
  const thread = await runProgram(process.execPath, [join(folder, "dist/gateway-thread.js")]);
  expect(thread.stderr).toContain("this is to be started as a thread of the bot");
  rmSync(folder, { recursive: true, force: true });
});

it("keeps what V8 compiled of it in a form that the bot's process can use", async () => {
  const load = `
    const { Script } = require("node:vm");
    const file = fs.readFileSync("dist/bot.cjs", "latin1");
    const cachedData = fs.readFileSync("dist/bot.cjs.cache").subarray(32);
    const wrapped = "(function(exports,require,module,__filename,__dirname){" + file + "\\n})";
    console.log(new Script(wrapped, { cachedData }).cachedDataRejected);`;
  const { stdout } = await runProgram(process.execPath, ["-e", load], { cwd: inRepository(".") });
  expect(stdout).toBe("false\n");
});

it("builds a file that V8 keeps in one byte a character", () => {
  expect(readFileSync(inRepository("dist/bot.cjs")).findIndex((byte) => byte > 0x7f)).toBe(-1);
});

it("leaves out what libraries bring along and the bot has no use for, whatever they call it by now", () => {
  const map = readFileSync(inRepository("dist/bot.cjs.map"), "utf8");
  for (const unused of ["luxon", "mime-db", "ajv", "light-my-request", "bullmq/dist/cjs/postgres/sql"]) {
    expect(map).not.toContain(`/node_modules/${unused}`);
  }
  expect(map.match(/\/node_modules\/@discordjs\/ws\/dist\/index\.m?js"/g)).toHaveLength(1);
});
