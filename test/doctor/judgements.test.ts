import { GatewayIntentBits } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { judgeIntents } from "../../src/doctor/checks/intents.ts";
import { judgeNode } from "../../src/doctor/checks/node.ts";
import { judgeRedis, readInfo } from "../../src/doctor/checks/redis.ts";
import { examine } from "../../src/doctor/doctor.ts";
import type { Check } from "../../src/doctor/finding.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("what the doctor makes of", () => {
  it.each([
    ["18.20.0", "2026-01-01", "fail"],
    ["20.18.3", "2026-01-01", "fail"],
    ["20.19.0", "2026-01-01", "ok"],
    ["20.20.2", "2026-03-01", "warn"],
    ["20.20.2", "2026-06-01", "warn"],
    ["22.12.0", "2026-06-01", "ok"],
    ["99.0.0", "2026-06-01", "ok"],
  ])("Node %s in %s", (version, day, verdict) => {
    expect(judgeNode(version, Date.parse(day)).verdict).toBe(verdict);
  });

  it("intents", () => {
    const members = 1 << 15;
    expect(judgeIntents([], 0)).toMatchObject([{ verdict: "ok" }]);
    expect(judgeIntents([GatewayIntentBits.GuildMembers], 0)).toMatchObject([{ verdict: "fail" }]);
    expect(judgeIntents([GatewayIntentBits.GuildMembers], members)).toMatchObject([{ verdict: "ok" }]);
    expect(judgeIntents([], members)).toMatchObject([{ verdict: "warn", says: expect.stringContaining("Members") }]);
  });

  it.each([
    ["redis_version:6.0.16", "fail version 6.0.16 is too old"],
    ["redis_version:6.2.0\r\naof_enabled:1", "ok version 6.2.0"],
    ["redis_version:7.2.4\r\nrole:slave", "fail it is a replica"],
    ["redis_version:7.2.4\r\nloading:1", "warn it is still loading"],
    ["redis_version:7.2.4\r\nmaxmemory:100\r\nused_memory:95", "warn its memory is nearly full"],
    ["redis_version:7.2.4\r\naof_last_write_status:err", "fail it cannot write to its disk"],
  ])("a Redis that says %j", (info, line) => {
    const [first] = judgeRedis(readInfo(info));
    expect(`${first?.verdict} ${first?.says}`).toContain(line);
  });
});

describe("a check", () => {
  const examined = async (run: Check["run"]) => {
    const clock = new VirtualClock();
    const diagnosis = examine({}, clock, [{ name: "one", needs: [], run }]);
    await clock.advance(20_000);
    return diagnosis;
  };

  it("that never ends is given up", async () => {
    expect(await examined(() => new Promise(() => {}))).toMatchObject({
      exitCode: 1,
      findings: [{ check: "one", verdict: "fail", says: "could not be found out within 20 s" }],
    });
  });

  it("that breaks says nothing of what it held", async () => {
    const broken = await examined(async () => {
      throw new TypeError("https://user:a-secret@host");
    });
    expect(broken).toMatchObject({ exitCode: 1, findings: [{ says: "could not be found out: TypeError" }] });
    expect(JSON.stringify(broken)).not.toContain("a-secret");
  });

  it("that needs a part of the configuration that is wrong is not made", async () => {
    const run = async () => {
      throw new Error("was made");
    };
    expect(await examine({}, systemClock, [{ name: "one", needs: ["discord"], run }])).toMatchObject({
      findings: [{ verdict: "warn", says: "not looked at" }],
    });
  });
});
