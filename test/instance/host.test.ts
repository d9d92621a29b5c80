import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { askInstance } from "../../src/instance/ask-instance.ts";
import { takeHost } from "../../src/instance/host.ts";
import type { LockMode } from "../../src/instance/lock-address.ts";
import { pidFilePath, readPidFile, writePidFile } from "../../src/instance/pid-file.ts";

const script = join(import.meta.dirname, "support/hold-host.ts");
const running = new Set<ChildProcess>();
let fingerprint: string;
/** Where pid files are; `folder` in most tests. */
let pidDir: string;
let folder: string;

beforeEach(() => {
  fingerprint = randomBytes(8).toString("hex");
  folder = mkdtempSync(join(tmpdir(), "pid-"));
  pidDir = folder;
});
afterEach(async () => {
  await Promise.all([...running].map(kill));
  rmSync(folder, { recursive: true, force: true });
});

const path = () => pidFilePath({ fingerprint, pidDir });
const ask = () => askInstance(fingerprint, { pidDir });
const self = () => ({ pid: process.pid, startedAt: new Date().toISOString(), version: "9.9.9" });
const takeHere = (mode: LockMode = "lock", noPidFile: (reason: string) => void = () => {}, now = () => Date.now()) =>
  takeHost({
    ...{ fingerprint, pidDir, mode, now, version: "9.9.9" },
    onNoPidFile: (_path, reason) => noPidFile(reason),
    onSecond: () => {},
  });

describe.runIf(process.platform === "linux")("the one process of a token on this machine", () => {
  it("is written down for people and scripts, and no more after a clean stop", async () => {
    const holder = await start();
    const written: unknown = JSON.parse(readFileSync(path(), "utf8"));
    expect(written).toMatchObject({ pid: holder.child.pid, version: "1.2.3", startedAt: expect.stringMatching(/Z$/) });
    expect(lstatSync(path()).mode & 0o777).toBe(0o644);
    await holder.release();
    expect(readdirSync(pidDir)).toEqual([]);
  });

  it("is named with its age to whoever starts a second one, and how to stop it", async () => {
    const threeHoursAgo = Date.now() - (3 * 60 + 12) * 60_000;
    const host = await takeHere("lock", undefined, () => threeHoursAgo);
    const { outcome } = await start();
    expect(outcome).toEqual({
      kind: "locked",
      message: expect.stringMatching(
        new RegExp(`^Process ${process.pid} \\(version 9\\.9\\.9, running for 3 h 12 min\\) .*kill ${process.pid}\\b`),
      ),
    });
    await host.release();
  });

  it("can be asked for by anybody, without a trace", async () => {
    expect(await ask()).toEqual({ kind: "none" });
    const holder = await start();
    const asked = await ask();
    expect(asked).toMatchObject({ kind: "running", answers: true, holder: { pid: holder.child.pid } });
    await holder.release();
    expect(await ask()).toEqual({ kind: "none" });
  });

  it("is known by its pid file when it hangs", async () => {
    const holder = await start();
    process.kill(holder.child.pid ?? 0, "SIGSTOP");
    expect(await ask()).toMatchObject({ kind: "running", answers: false, holder: { pid: holder.child.pid } });
    const { outcome } = await start();
    expect(outcome.message).toContain(`It does not answer: end it first (kill -9 ${holder.child.pid})`);
  });

  it("hangs without a pid file: nobody is named, and how to find it is said", async () => {
    const holder = await start();
    process.kill(holder.child.pid ?? 0, "SIGSTOP");
    rmSync(path());
    expect(await ask()).toEqual({ kind: "running", mode: "lock", answers: false, holder: undefined });
    const { outcome } = await start();
    expect(outcome.message).toContain("ss -xlp");
  });

  it("leaves a file after kill -9 that nobody believes, and the next one replaces", async () => {
    const killed = await start();
    await kill(killed.child);
    expect(existsSync(path())).toBe(true);
    expect(await readPidFile({ fingerprint, pidDir })).toBeUndefined();
    expect(await ask()).toEqual({ kind: "none" });
    const next = await start();
    expect(next.outcome.kind).toBe("held");
    expect(await readPidFile({ fingerprint, pidDir })).toMatchObject({ pid: next.child.pid });
  });

  it("is not mistaken for another process that has its number by now", async () => {
    await writePidFile({ fingerprint, pidDir }, self());
    const record: unknown = JSON.parse(readFileSync(path(), "utf8"));
    expect(await readPidFile({ fingerprint, pidDir })).toMatchObject({ pid: process.pid });
    // The same number, of a process that began at another time.
    writeFileSync(path(), JSON.stringify({ ...z.object({}).loose().parse(record), pid: process.ppid }));
    expect(await readPidFile({ fingerprint, pidDir })).toBeUndefined();
    const next = await start();
    expect(next.outcome.kind).toBe("held");
  });

  it.each(["", "{", '{"pid":"1"}', '{"pid":1,"startedAt":"x","version":"y"}', "12345\n"])(
    "does not believe a file that says %j",
    async (text) => {
      writeFileSync(path(), text);
      expect(await readPidFile({ fingerprint, pidDir })).toBeUndefined();
      const host = await takeHere();
      expect(await readPidFile({ fingerprint, pidDir })).toMatchObject({ pid: process.pid });
      await host.release();
    },
  );

  it("does not write where a link in its place leads", async () => {
    const elsewhere = join(pidDir, "precious");
    writeFileSync(elsewhere, "precious");
    symlinkSync(elsewhere, path());
    const host = await takeHere();
    expect(lstatSync(path()).isFile()).toBe(true);
    expect(readFileSync(elsewhere, "utf8")).toBe("precious");
    await host.release();
  });

  it("starts without a pid file when nothing can be written, and leaves no half of one", async () => {
    const holder = await start("ulimit -f 0;");
    expect(holder.outcome).toEqual({ kind: "held", noPidFile: "EFBIG" });
    expect(readdirSync(pidDir)).toEqual([]);
    expect((await start()).outcome).toMatchObject({ kind: "locked", message: expect.stringContaining("Process ") });
    await holder.release();
  });

  it.each(["/proc", "/nowhere/at/all"])(
    "starts without a pid file when there is no writing in %s",
    async (unwritable) => {
      pidDir = unwritable;
      const holder = await start();
      expect(holder.outcome.kind).toBe("held");
      expect(holder.outcome.noPidFile).toMatch(/^E[A-Z]+$/);
      expect((await start()).outcome.kind).toBe("locked");
      await holder.release();
    },
  );

  it("starts with a folder in the place of its pid file", async () => {
    mkdirSync(path());
    const reasons: string[] = [];
    const host = await takeHere("lock", (reason) => reasons.push(reason));
    expect(reasons).toHaveLength(1);
    await host.release();
  });

  it.runIf(process.getuid?.() === 0)(
    "is the only one whoever starts the second, and who it is can be told to them",
    async () => {
      const holder = await start();
      chmodSync(pidDir, 0o755);
      const second = await start("", { uid: 65_534, gid: 65_534 });
      expect(second.outcome).toMatchObject({
        kind: "locked",
        message: expect.stringContaining(`Process ${holder.child.pid} `),
      });
      await holder.release();
    },
  );
});

describe.runIf(process.platform === "linux")("processes of one machine that ask for a lease", () => {
  const startLease = () => start("", {}, "lease");

  it("start beside each other, and the first is known to people and scripts until it ends", async () => {
    const first = await startLease();
    const second = await startLease();
    expect([first.outcome, second.outcome]).toEqual([{ kind: "held" }, { kind: "second", first: first.child.pid }]);
    const known = { kind: "running", mode: "lease", answers: true, holder: { pid: first.child.pid } };
    expect(await ask()).toMatchObject(known);
    await second.release();
    expect(await ask()).toMatchObject(known);
    expect(readdirSync(pidDir)).toEqual([`signalguard-lease-${fingerprint}.pid`]);
    await first.release();
    expect(await ask()).toEqual({ kind: "none" });
    expect(readdirSync(pidDir)).toEqual([]);
  });

  it.each([2, 7])("are found by one of them where %d start at once", async (count) => {
    const started = await Promise.all(Array.from({ length: count }, startLease));
    const held = started.filter(({ outcome }) => outcome.kind === "held");
    expect(held).toHaveLength(1);
    expect(await ask()).toMatchObject({ holder: { pid: held[0]?.child.pid } });
  });

  it("leave the lock free at once after kill -9, and a file that nobody believes", async () => {
    const killed = await startLease();
    await kill(killed.child);
    expect(await ask()).toEqual({ kind: "none" });
    expect(await readPidFile({ fingerprint, pidDir, mode: "lease" })).toBeUndefined();
    expect((await startLease()).outcome.kind).toBe("held");
  });

  it.each([
    ["lock", "lease"],
    ["lease", "lock"],
  ] as const)("do not run beside one that asks for none: %s is there, %s comes", async (there, comes) => {
    const holder = await start("", {}, there);
    const { outcome } = await start("", {}, comes);
    expect(outcome).toMatchObject({ kind: "locked" });
    const { pid } = holder.child;
    expect(outcome.message).toMatch(new RegExp(`^Process ${pid} \\(version 1\\.2\\.3, running for \\d+ s\\) runs`));
    expect(outcome.message).toContain(`with INSTANCE_MODE=${there}.`);
    expect(outcome.message).toMatch(new RegExp(`or kill ${pid}\\), or start both with INSTANCE_MODE=lease`));
    // The one that gave way has left nothing.
    expect(await ask()).toMatchObject({ mode: there, holder: { pid } });
    await holder.release();
    expect(readdirSync(pidDir)).toEqual([]);
    expect((await start("", {}, comes)).outcome.kind).toBe("held");
  });

  it("do not run beside one that asks for none when both start at once, again and again", async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      const taken = await Promise.allSettled([takeHere("lock"), takeHere("lease")]);
      const hosts = taken.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
      expect(hosts.length).toBeLessThanOrEqual(1);
      await Promise.all(hosts.map((host) => host.release()));
    }
  });
});

const outcomeSchema = z.object({
  kind: z.string(),
  message: z.string().optional(),
  noPidFile: z.string().optional(),
  first: z.number().optional(),
});

async function start(
  before = "",
  user: { readonly uid?: number; readonly gid?: number } = {},
  mode: LockMode = "lock",
) {
  const command = `${before} exec "$0" --import tsx "$@"`;
  const child = spawn("/bin/sh", ["-c", command, process.execPath, script, fingerprint, pidDir, mode], {
    stdio: ["pipe", "pipe", "inherit"],
    ...user,
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async () => outcomeSchema.parse(JSON.parse(String((await lines.next()).value)));
  const outcome = await nextLine();
  const release = async () => {
    child.stdin.write("release\n");
    expect(await nextLine()).toEqual({ kind: "released" });
  };
  return { child, outcome, release };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
