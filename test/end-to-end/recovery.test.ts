import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { InteractionFaults } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { isLeftOpen } from "./support/kept.ts";

/** A dead process is noticed after several looks, seconds apart. */
const patientMs = 40_000;

describe("a bot killed between the acknowledgement and the answer", { timeout: patientMs }, () => {
  let sandbox: TestSandbox;
  let personId: string;

  beforeEach(async () => {
    sandbox = await startTestSandbox();
    personId = sandbox.discord.addPerson().id;
  });
  afterEach(() => sandbox.stop());

  const use = (
    name: string,
    options: Record<string, string | number>,
    faults?: InteractionFaults,
    subcommand?: string,
  ) =>
    sandbox.discord.interact(
      { kind: "command", name, options, personId, ...(subcommand === undefined ? {} : { subcommand }) },
      faults,
    );

  /** Starts a bot, lets it acknowledge but not answer, kills it, and starts another. */
  const killInTheMiddle = async (start: () => ReturnType<typeof use>, route: string) => {
    const first = sandbox.startBot();
    await first.ready();
    const silence = sandbox.backend.addFault({ kind: "hang", route });
    const interaction = start();
    await interaction.until(({ saw }) => saw === "thinking");
    await isLeftOpen(sandbox, interaction);
    first.kill("SIGKILL");
    await first.exited;
    silence();
    const second = sandbox.startBot();
    await second.ready();
    return { interaction, second };
  };

  it("leaves no thinking: the next one runs again what only reads", async () => {
    const { interaction, second } = await killInTheMiddle(() => use("signal", { pair: "EUR/USD" }), "/trading/signal");
    const report = await interaction.answered();
    expect(report.visible).toHaveLength(1);
    expect(report.visible[0]?.embeds[0]?.title).toContain("EUR/USD");
    await second.logged(({ message }) => message === "interaction of a process that died");
  });

  it("looks up what writes instead of doing it again", async () => {
    const options = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 1 };
    const { interaction } = await killInTheMiddle(
      () => use("position", options, undefined, "open"),
      "POST /discord/trades",
    );
    const report = await interaction.answered();
    expect(report.visible[0]?.content).toBe(texts.position.notOpened);
    const opened = sandbox.backend.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/trades"));
    expect(opened.length).toBeLessThanOrEqual(1);
  });

  it("does not answer again what was answered before the crash", async () => {
    const first = sandbox.startBot();
    await first.ready();
    const answered = use("signal", { pair: "EUR/USD" });
    await answered.answered();
    // By the time this one is answered, the other has been struck off.
    const later = use("signal", { pair: "USD/JPY" });
    await later.answered();
    const { visible } = answered.report();
    first.kill("SIGKILL");
    await first.exited;
    const second = sandbox.startBot({ env: { LOG_LEVEL: "debug" } });
    await second.ready();
    const next = use("ping", {});
    await next.answered();
    expect(answered.report()).toMatchObject({ visible, answersShown: 1 });
    const recovered = second.output.filter((line) => line.includes("process that died"));
    expect(recovered.filter((line) => line.includes(answered.id))).toEqual([]);
    expect(later.report().answersShown).toBe(1);
  });
});
