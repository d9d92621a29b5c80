import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentLogFile, openLogFile } from "../src/log-file.ts";
import { createLogger } from "../src/logging.ts";

const apiKey = "the-backend-key-of-the-operator";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalguard-logs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const current = () => join(folder, currentLogFile);
const read = () => readFileSync(current(), "utf8");
const finished = () => readdirSync(folder).filter((name) => /^bot-\d{4}-\d\d-\d\d-\d+\.log$/.test(name));

/** Writes lines as one run of the bot would, from opening to closing. */
async function run(...lines: readonly string[]): Promise<readonly string[]> {
  const troubles: string[] = [];
  const file = openLogFile({ folder, now: () => Date.now(), onTrouble: (reason) => troubles.push(reason) });
  for (const line of lines) file.stream.write(`${line}\n`);
  await file.close();
  return troubles;
}

describe("the log file", () => {
  it("has all lines when it is closed, and those of the next run after them", async () => {
    expect(await run("one", "two")).toEqual([]);
    await run("three");
    expect(read()).toBe("one\ntwo\nthree\n");
    expect(statSync(current()).mode & 0o777).toBe(0o640);
    expect(finished()).toEqual([]);
  });

  it("is a new one each day, also when nobody ran at midnight", async () => {
    await run("yesterday");
    const yesterday = new Date(Date.now() - 25 * 60 * 60_000);
    utimesSync(current(), yesterday, yesterday);
    await run("today");
    expect(read()).toBe("today\n");
    expect(finished().map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(["yesterday\n"]);
  });

  it("is a new one when it has grown large, and of the finished ones the last seven are kept", async () => {
    for (let nth = 1; nth <= 10; nth += 1) {
      writeFileSync(current(), `${nth}\n`);
      truncateSync(current(), 50 * 1024 * 1024);
      await run("small");
    }
    expect(read()).toBe("small\n");
    expect(finished()).toHaveLength(7);
  });

  it("holds no more secrets than the standard output", async () => {
    const file = openLogFile({ folder, now: () => Date.now(), onTrouble: () => {} });
    const stream = new PassThrough();
    const logger = createLogger({ level: "info", format: "json", secrets: [apiKey], stream, copy: file.stream });
    logger.error(`used ${apiKey}`, { error: new Error(`with ${apiKey}`) });
    await file.close();
    expect(read()).toBe(String(stream.read()));
    expect(read()).toContain("used [hidden]");
  });

  it("says once that it cannot be written, and takes every line nevertheless", async () => {
    writeFileSync(join(folder, "a-file"), "");
    folder = join(folder, "a-file");
    expect(await run("one", "two", "three")).toEqual(["ENOTDIR"]);
    folder = join(folder, "..");
  });

  it("is written again when a full disk has room, and tells how many lines are missing", async () => {
    let nowMs = 0;
    let full = false;
    const written: string[] = [];
    const open = () =>
      new Writable({
        write(chunk, _encoding, done) {
          if (full) return done(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
          written.push(String(chunk));
          done();
        },
      });
    const troubles: string[] = [];
    const file = openLogFile({ folder, now: () => nowMs, onTrouble: (reason) => troubles.push(reason), open });
    const write = (line: string) => new Promise<void>((resolve) => file.stream.write(`${line}\n`, () => resolve()));
    await write("before");
    full = true;
    for (const line of ["lost", "lost too", "lost as well"]) await write(line);
    nowMs += 60_000;
    await write("lost at the second try");
    full = false;
    nowMs += 60_000;
    await write("after");
    await file.close();
    expect(troubles).toEqual(["ENOSPC"]);
    expect(written.join("")).toMatch(/^before\n\(4 lines are missing here: .*\)\nafter\n$/);
  });
});
