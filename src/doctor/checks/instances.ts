import { systemClock } from "../../clock.ts";
import { countInstances } from "../../supervision/instances.ts";
import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

/** Who else runs with this token. */
export const instances: Check = {
  name: "instances",
  needs: ["control"],
  async run({ control }) {
    if (control === undefined) return [];
    const { count, host, redis } = await countInstances({ ...control, clock: systemClock });
    const findings: Finding[] = [];
    if (host !== undefined && !host.answers) {
      const who = host.pid === undefined ? "the bot of this machine" : `process ${host.pid} of this machine`;
      findings.push(fail(`${who} hangs`, "npm run bot -- restart, or restart it with its supervisor"));
    }
    if (count > 1) {
      findings.push(
        fail(
          `${count} processes run with this token, and race for every interaction`,
          "npm run check:instances shows them; stop all but one",
        ),
      );
    }
    if (redis.kind === "unreachable") {
      findings.push(
        warn(
          `${count} on this machine; others cannot be seen (Redis: ${redis.reason})`,
          "look again when Redis can be reached",
        ),
      );
    }
    if (findings.length > 0) return findings;
    if (count === 0) return [ok("none runs")];
    return [ok(host === undefined ? "1 runs, on another machine" : `1 runs: process ${host.pid}`)];
  },
};
