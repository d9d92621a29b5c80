/** A process that makes itself the only one of the host, says what came of it in one JSON line, and stays until it is told `release`. */
import { takeHost } from "../../../src/instance/host.ts";
import { InstanceLockedError } from "../../../src/instance/instance-locked-error.ts";

const [fingerprint = "", pidDir = "", mode = "lock"] = process.argv.slice(2);
const say = (line: Readonly<Record<string, unknown>>) => process.stdout.write(`${JSON.stringify(line)}\n`);
let noPidFile: string | undefined;
let first: number | undefined;
try {
  const host = await takeHost({
    ...{ fingerprint, pidDir, version: "1.2.3", now: () => Date.now() },
    mode: mode === "lease" ? "lease" : "lock",
    onNoPidFile: (_path, reason) => {
      noPidFile = reason;
    },
    onSecond: (holder) => {
      first = holder?.pid;
    },
  });
  say({ kind: first === undefined ? "held" : "second", first, noPidFile });
  process.stdin.once("data", async () => {
    await host.release();
    say({ kind: "released" });
    process.stdin.pause();
  });
} catch (error) {
  if (!(error instanceof InstanceLockedError)) throw error;
  say({ kind: "locked", message: error.message });
}
