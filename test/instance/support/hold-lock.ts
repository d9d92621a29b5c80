/** A process that takes the lock, says what came of it in one JSON line, and holds it until it is ended or told `release`. */
import { acquireProcessLock } from "../../../src/instance/process-lock.ts";

const [fingerprint = "", platform = "linux", runDir = ""] = process.argv.slice(2);
const lock = await acquireProcessLock({
  fingerprint,
  runDir,
  version: "1.2.3",
  now: () => Date.now(),
  platform: platform === "linux" ? "linux" : "darwin",
});
process.stdout.write(`${JSON.stringify(lock)}\n`);
if (lock.kind === "held") {
  process.stdin.on("data", async () => {
    await lock.release();
    process.stdout.write(`${JSON.stringify({ kind: "released" })}\n`);
  });
}
