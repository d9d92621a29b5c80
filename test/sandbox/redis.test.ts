import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { ensureRedisProgram, findRedisProgram } from "../../src/sandbox/redis-program.ts";
import { findFreePort } from "../support/free-port.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("a Redis of its own", () => {
  it("answers on a port of 127.0.0.1 and is gone, with its folder, after stop", async () => {
    const redis = await startOwn();
    const client = connect(redis.url);
    expect(redis.own).toBe(true);
    expect(await client.ping()).toBe("PONG");
    const folder = await folderOf(client);
    expect(existsSync(folder)).toBe(true);

    await redis.stop();

    expect(await answers(redis.url)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it("is not shared by two who start one at the same time", async () => {
    const [one, other] = await Promise.all([startOwn(), startOwn()]);
    await connect(one.url).set("whose", "one");
    expect(await connect(other.url).get("whose")).toBeNull();
  });

  it.each(["term", "kill"] as const)("comes back on the same port with its data after an outage (%s)", async (how) => {
    const redis = await startOwn();
    const client = connect(redis.url);
    await client.set("kept", "yes");
    await redis.halt(how);
    expect(await answers(redis.url)).toBe(false);

    await redis.start();

    expect(await connect(redis.url).get("kept")).toBe("yes");
  });

  it("forgets on a restart when told not to write to disk", async () => {
    const redis = await startOwn({ appendOnly: false });
    await connect(redis.url).set("kept", "yes");
    await redis.halt();
    await redis.start();
    expect(await connect(redis.url).get("kept")).toBeNull();
  });

  it("answers nothing while paused, and everything afterwards", async () => {
    const redis = await startOwn();
    const client = connect(redis.url);
    await client.ping();
    redis.pause();
    const answer = client.ping();
    const impatient = connect(redis.url, { commandTimeout: 100 });
    await expect(impatient.ping()).rejects.toThrow("timed out");
    redis.resume();
    expect(await answer).toBe("PONG");
  });

  it("can be stopped while paused", async () => {
    const redis = await startOwn();
    redis.pause();
    await redis.stop();
    expect(await answers(redis.url)).toBe(false);
  });

  it("ends with its parent, even when the parent is killed with -9", async () => {
    const module = new URL("../../src/sandbox/redis.ts", import.meta.url).pathname;
    const script = join(temporaryFolder(), "parent.mts");
    writeFileSync(
      script,
      `import { startRedis } from ${JSON.stringify(module)};
       console.log((await startRedis({ ignoreEnvironment: true })).url);
       setInterval(() => {}, 1000);`,
    );
    const parent = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(parent.stdout, "data");
    const url = String(line).trim();
    const client = connect(url);
    const folder = await folderOf(client);
    const lost = once(client, "close");

    parent.kill("SIGKILL");

    await lost;
    expect(await answers(url)).toBe(false);
    await expect.poll(() => existsSync(folder)).toBe(false);
  });
});

describe("a Redis of somebody else", () => {
  it("is used when REDIS_URL names it, and left running by stop", async () => {
    const theirs = await startOwn();
    const redis = await startRedis({ env: { ...process.env, REDIS_URL: theirs.url } });
    expect(redis).toMatchObject({ url: theirs.url, own: false });
    await redis.stop();
    expect(await answers(theirs.url)).toBe(true);
  });

  it.each([
    ["does not answer", async () => `redis://:its-password@127.0.0.1:${await findFreePort()}`, "ECONNREFUSED"],
    ["is no address", async () => "localhost:6379", "no address like redis://localhost:6379"],
  ])("is refused with advice and without its password when REDIS_URL %s", async (_what, findUrl, reason) => {
    const error = await startRedis({ env: { ...process.env, REDIS_URL: await findUrl() } }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "REDIS_UNREACHABLE" });
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain("unset REDIS_URL");
    expect(String(error)).not.toContain("its-password");
  });

  it("is not used when the environment is to be ignored", async () => {
    const theirs = await startOwn();
    const redis = await startOwn({ env: { ...process.env, REDIS_URL: theirs.url } });
    expect(redis.url).not.toBe(theirs.url);
  });
});

describe("a machine without a Redis program", () => {
  let bin: string;
  let lockFile: string;
  beforeEach(() => {
    bin = temporaryFolder();
    lockFile = join(bin, "lock");
    // The tools that the stand-ins below are written with, and nothing else.
    for (const tool of ["sh", "cat", "chmod", "sleep"]) symlinkSync(`/bin/${tool}`, join(bin, tool));
    // Stands in for sudo when these tests are not run by root.
    program("sudo", 'shift; exec "$@"');
  });
  const program = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const aptGet = (onInstall: string) =>
    program("apt-get", `echo "$@" >> "${bin}/calls"\ncase "$*" in *" install "*) ${onInstall};; esac`);
  const calls = () => readFileSync(join(bin, "calls"), "utf8").trim().split("\n");
  const installs = (name: string) => `echo "#!/bin/sh" > "${bin}/${name}"; chmod +x "${bin}/${name}"`;
  const ensure = (log?: (line: string) => void) => ensureRedisProgram({ env: { PATH: bin }, lockFile, log });

  it("gets one with apt-get, from fresh package lists, without questions and with patience for other installers", async () => {
    aptGet(`[ "$DEBIAN_FRONTEND" = noninteractive ] && ${installs("redis-server")}`);
    const lines: string[] = [];
    expect(await ensure((line) => lines.push(line))).toBe(join(bin, "redis-server"));
    expect(calls()[0]).toContain("update");
    expect(calls()[1]).toMatch(/Lock::Timeout=\d+ install -y .*redis-server$/);
    expect(lines.at(-1)).toMatch(/^installed .*redis-server in \d/);
  });

  it("takes valkey-server where redis-server is no longer packaged", async () => {
    aptGet(`case "$*" in *valkey*) ${installs("valkey-server")};; *) exit 100;; esac`);
    expect(await ensure()).toBe(join(bin, "valkey-server"));
  });

  it("gets one with brew", async () => {
    program("brew", `[ "$*" = "install redis" ] && ${installs("redis-server")}`);
    expect(await ensure()).toBe(join(bin, "redis-server"));
  });

  it("installs once when several ask at the same time", async () => {
    aptGet(`sleep 0.3; ${installs("redis-server")}`);
    const module = new URL("../../src/sandbox/redis-program.ts", import.meta.url).pathname;
    const script = join(bin, "ask.mts");
    writeFileSync(
      script,
      `import { ensureRedisProgram } from ${JSON.stringify(module)};
       await ensureRedisProgram(${JSON.stringify({ env: { PATH: bin }, lockFile })});`,
    );
    const other = () => promisify(execFile)(process.execPath, ["--import", "tsx", script]);
    await Promise.all([ensure(), ensure(), other(), other()]);
    expect(calls().filter((call) => call.includes(" install "))).toHaveLength(1);
  });

  it("is not held up by an installer that died", async () => {
    const dead = spawn("true");
    await once(dead, "exit");
    writeFileSync(lockFile, String(dead.pid));
    aptGet(installs("redis-server"));
    expect(await ensure()).toBe(join(bin, "redis-server"));
  });

  it("says exactly what to type when the installation fails, with the installer's reason", async () => {
    aptGet('echo "E: Unable to locate package" >&2; exit 100');
    await expect(ensure()).rejects.toMatchObject({
      code: "REDIS_MISSING",
      message: expect.stringMatching(
        /Unable to locate package[\s\S]*sudo apt-get update && sudo apt-get install -y redis-server/,
      ),
    });
    expect(existsSync(lockFile)).toBe(false);
  });

  it("says exactly what to type when there is nothing to install it with", async () => {
    await expect(ensure()).rejects.toThrow(/no apt-get or brew[\s\S]*brew install redis[\s\S]*REDIS_URL=/);
  });
});

it("finds redis-server before valkey-server, and nothing where there is neither", () => {
  const bin = temporaryFolder();
  expect(findRedisProgram({ PATH: bin })).toBeUndefined();
  symlinkSync("/bin/sh", join(bin, "valkey-server"));
  expect(findRedisProgram({ PATH: bin })).toBe(join(bin, "valkey-server"));
  symlinkSync("/bin/sh", join(bin, "redis-server"));
  expect(findRedisProgram({ PATH: bin })).toBe(join(bin, "redis-server"));
});

async function startOwn(options: { appendOnly?: boolean; env?: NodeJS.ProcessEnv } = {}): Promise<OwnRedis> {
  const redis = await startRedis({ ...options, ignoreEnvironment: true });
  cleanups.push(() => redis.stop());
  return redis;
}

function connect(url: string, options: { commandTimeout?: number } = {}): Redis {
  const client = new Redis(url, { retryStrategy: () => null, ...options });
  client.on("error", () => {});
  cleanups.push(() => client.disconnect());
  return client;
}

async function answers(url: string): Promise<boolean> {
  return connect(url)
    .ping()
    .then(
      () => true,
      () => false,
    );
}

async function folderOf(client: Redis): Promise<string> {
  const [, folder] = z.tuple([z.string(), z.string()]).parse(await client.config("GET", "dir"));
  return folder;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-test-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
