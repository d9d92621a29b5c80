import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inRepository } from "../support/run-program.ts";

it("ends when the process that started it was killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-orphan-"));
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("127.0.0.1 gave no port");
  try {
    // Stands for the bot: it lives as long as its connection to us.
    const entry = join(folder, "bot.mjs");
    writeFileSync(entry, `import { connect } from "node:net"; connect(${address.port}, "127.0.0.1");`);
    const starter = `
      import { startBotProcess } from ${JSON.stringify(inRepository("src/sandbox/bot-process.ts"))};
      startBotProcess({ entry: ${JSON.stringify(entry)}, env: {} });`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", starter], {
      cwd: inRepository("."),
      stdio: "inherit",
    });
    const [socket]: Socket[] = await once(server, "connection");
    if (socket === undefined) throw new Error("nobody connected");
    socket.resume();
    const gone = once(socket, "close");
    parent.kill("SIGKILL");
    await gone;
    expect(server.listening).toBe(true);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
