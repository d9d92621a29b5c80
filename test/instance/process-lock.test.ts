import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { acquireProcessLock, type ProcessLock } from "../../src/instance/process-lock.ts";

const script = join(import.meta.dirname, "support/hold-lock.ts");
const running = new Set<ChildProcess>();
let fingerprint: string;
let runDir: string;

beforeEach(() => {
  fingerprint = randomBytes(8).toString("hex");
  runDir = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(async () => {
  await Promise.all([...running].map(kill));
  rmSync(runDir, { recursive: true, force: true });
});

describe.each([
  ["by a name the kernel knows", "linux"],
  ["by a socket file", "darwin"],
] as const)("the process lock %s", (_name, platform) => {
  const start = () => startProcess(platform);
  const acquire = () => acquireProcessLock({ fingerprint, runDir, version: "9.9.9", now: () => 0, platform });

  it("is held by one; the second is told who", async () => {
    const holder = await start();
    expect(holder.outcome.kind).toBe("held");
    const second = await acquire();
    expect(second).toEqual({
      kind: "taken",
      holder: { pid: holder.child.pid, startedAt: expect.stringMatching(/^\d{4}-.*Z$/), version: "1.2.3" },
    });
  });

  it("is another one for those that ask for a lease, and neither touches the other", async () => {
    const acquireLease = () =>
      acquireProcessLock({ fingerprint, mode: "lease", runDir, version: "9.9.9", now: () => 0, platform });
    let [lock, lease] = [await acquire(), await acquireLease()];
    for (let turn = 0; turn < 3; turn += 1) {
      expect([lock.kind, lease.kind]).toEqual(["held", "held"]);
      expect([await acquire(), await acquireLease()]).toMatchObject([{ kind: "taken" }, { kind: "taken" }]);
      await release(lock);
      lock = await acquire();
      await release(lease);
      lease = await acquireLease();
    }
    await Promise.all([release(lock), release(lease)]);
  });

  it("is free at once after kill -9", async () => {
    const holder = await start();
    await kill(holder.child);
    const next = await acquire();
    expect(next.kind).toBe("held");
    await release(next);
  });

  it("is free after release, while the process goes on", async () => {
    const holder = await start();
    await holder.release();
    const next = await acquire();
    expect(next.kind).toBe("held");
    await release(next);
  });

  it("survives being taken, killed and released many times, and leaves nothing to grow", async () => {
    for (let turn = 0; turn < 20; turn += 1) await release(await acquire());
    expect(readdirSync(runDir).length).toBeLessThanOrEqual(1);
  });

  it.each([2, 7])("is held by exactly one of %d processes started at once", async (count) => {
    const started = await Promise.all(Array.from({ length: count }, start));
    const held = started.filter(({ outcome }) => outcome.kind === "held");
    expect(held).toHaveLength(1);
    for (const { outcome } of started) {
      if (outcome.kind === "taken") expect(outcome.holder?.pid ?? held[0]?.child.pid).toBe(held[0]?.child.pid);
    }
  });

  it("is held by exactly one of seven started at once after a crash", async () => {
    await kill((await start()).child);
    const started = await Promise.all(Array.from({ length: 7 }, start));
    expect(started.filter(({ outcome }) => outcome.kind === "held")).toHaveLength(1);
  });

  it("is held by exactly one of many attempts in one process, again and again", async () => {
    for (let round = 0; round < 10; round += 1) {
      const locks = await Promise.all(Array.from({ length: 12 }, acquire));
      const held = locks.filter(({ kind }) => kind === "held");
      expect(held).toHaveLength(1);
      await Promise.all(held.map(release));
    }
  });

  it("is taken while its holder hangs, without saying by whom", async () => {
    const holder = await start();
    process.kill(holder.child.pid ?? 0, "SIGSTOP");
    expect(await acquire()).toEqual({ kind: "taken" });
  });

  it("is a lock per fingerprint", async () => {
    await start();
    fingerprint = randomBytes(8).toString("hex");
    const other = await acquire();
    expect(other.kind).toBe("held");
    await release(other);
  });

  it("does not keep its process alive", async () => {
    const holder = await start();
    const exited = once(holder.child, "exit");
    holder.child.stdin?.end();
    expect(await exited).toEqual([0, null]);
  });
});

it("names the holder to anybody who connects", async () => {
  const holder = await startProcess("linux");
  const socket = createConnection(`\0signalguard-${fingerprint}`);
  const [line] = await once(socket, "data");
  socket.destroy();
  expect(JSON.parse(String(line))).toMatchObject({ pid: holder.child.pid, version: "1.2.3" });
});

const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("held") }),
  z.object({ kind: z.literal("taken"), holder: z.object({ pid: z.number() }).optional() }),
]);

async function startProcess(platform: "linux" | "darwin") {
  const child = spawn(process.execPath, ["--import", "tsx", script, fingerprint, platform, runDir], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const outcome = outcomeSchema.parse(await nextLine());
  const releaseLock = async () => {
    child.stdin.write("release\n");
    await nextLine();
  };
  return { child, outcome, release: releaseLock };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

const release = async (lock: ProcessLock): Promise<void> => {
  if (lock.kind === "held") await lock.release();
};
