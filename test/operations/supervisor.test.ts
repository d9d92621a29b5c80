import { describe, expect, it } from "vitest";
import { answersLivez, createSupervisor } from "../../src/operations/supervisor.ts";
import { answer, startRawServer } from "../support/raw-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minute = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "60000000", WATCHDOG_PID: "7" };

function supervise(env: NodeJS.ProcessEnv = minute, send?: (states: readonly string[]) => Promise<void>) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const troubles: string[] = [];
  const supervisor = createSupervisor({
    env,
    pid: 7,
    clock,
    onTrouble: (reason) => troubles.push(reason),
    send: send ?? (async (states) => void told.push(states[0] ?? "")),
  });
  return { clock, told, troubles, supervisor };
}

describe("what systemd is told", () => {
  it("is that the bot is ready, then three signs of life in each time it allows, then that the bot stops", async () => {
    const { clock, told, supervisor } = supervise();
    supervisor.ready(async () => true);
    await clock.advance(60_000);
    expect(told).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    supervisor.stopping();
    await clock.advance(600_000);
    expect(told.slice(5)).toEqual(["STOPPING=1"]);
  });

  it("is no sign of life while the bot does not answer, and one again when it does", async () => {
    const { clock, told, supervisor } = supervise();
    let alive = true;
    supervisor.ready(async () => alive);
    await clock.advance(0);
    alive = false;
    await clock.advance(600_000);
    expect(told).toEqual(["READY=1", "WATCHDOG=1"]);
    alive = true;
    await clock.advance(20_000);
    expect(told).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
  });

  it("is no sign of life before the bot is ready, nor where no watchdog waits for this process", async () => {
    for (const env of [
      { ...minute, WATCHDOG_USEC: undefined },
      { ...minute, WATCHDOG_PID: "8" },
    ]) {
      const { clock, told, supervisor } = supervise(env);
      await clock.advance(60_000);
      expect(told).toEqual([]);
      supervisor.ready(async () => true);
      await clock.advance(60_000);
      expect(told).toEqual(["READY=1"]);
    }
  });

  it("is tried on, and its failing said once, when systemd cannot be reached", async () => {
    const { clock, troubles, supervisor } = supervise(minute, async () => {
      throw new Error("spawn systemd-notify ENOENT");
    });
    supervisor.ready(async () => true);
    await clock.advance(60_000);
    supervisor.stopping();
    await clock.advance(0);
    expect(troubles).toEqual(["spawn systemd-notify ENOENT"]);
  });
});

describe("whether this process answers", () => {
  it("is asked as a monitor would ask", async () => {
    const server = await startRawServer(({ url }, response) => answer(response, url === "/livez" ? 200 : 404, {}));
    const origin = server.apiUrl.replace("/api", "");
    expect(await answersLivez(origin, 5000)).toBe(true);
    expect(await answersLivez(`${origin}/elsewhere`, 5000)).toBe(false);
    await server.close();
    expect(await answersLivez(origin, 5000)).toBe(false);
  });

  it("is no after a time without an answer", async () => {
    const server = await startRawServer(() => {});
    expect(await answersLivez(server.apiUrl.replace("/api", ""), 50)).toBe(false);
    await server.close();
  });
});
