import type { InteractionFaults, InteractionInput, InteractionReport, SandboxMessage } from "./discord/api.ts";
import type { Sandbox } from "./sandbox.ts";

/** One thing the tour shows: done and described in a line, or thrown. */
export interface TourStep {
  readonly title: string;
  run(): Promise<string>;
}

type Use = InteractionInput extends infer Input
  ? Input extends { kind: "command" }
    ? Omit<Input, "kind" | "personId">
    : never
  : never;

/** What a person does with the bot in the sandbox, one thing after the other; each step checks what they saw. */
export function createTour(sandbox: Sandbox): readonly TourStep[] {
  const { discord, backend } = sandbox;
  const person = discord.addPerson({ username: "visitor", displayName: "Visitor" });

  const use = (command: Use, faults?: InteractionFaults): Promise<InteractionReport> =>
    discord.interact({ kind: "command", personId: person.id, ...command }, faults).answered();

  /** A public command whose answer turns out to be for one person: the public message gives way to a private one. */
  const useAndBeRefused = (command: Use): Promise<InteractionReport> =>
    discord
      .interact({ kind: "command", personId: person.id, ...command })
      .until(({ visible }) => visible.length === 1 && visible[0]?.ephemeral === true);

  return [
    {
      title: "/ping",
      async run() {
        return seen(await use({ name: "ping" }));
      },
    },
    {
      title: "/signal EUR/USD",
      async run() {
        return seen(await use({ name: "signal", options: { pair: "EUR/USD" } }));
      },
    },
    {
      title: "/signal with a pair that is none: a private sentence",
      async run() {
        return seen(await useAndBeRefused({ name: "signal", options: { pair: "gold" } }));
      },
    },
    {
      title: "/position open, list, close",
      async run() {
        const options = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 1000 };
        await use({ name: "position", subcommand: "open", options });
        await use({ name: "position", subcommand: "list" });
        const typing = discord.interact({
          kind: "autocomplete",
          personId: person.id,
          name: "position",
          subcommand: "close",
          focused: { name: "position_id", value: "" },
        });
        const [choice] = (await typing.answered()).choices ?? [];
        if (choice === undefined) throw new Error("the open position was not suggested");
        const closing = { position_id: String(choice.value), exit_price: 1.09 };
        return seen(await use({ name: "position", subcommand: "close", options: closing }));
      },
    },
    {
      title: "/subscribe EUR/USD, confirmed in a direct message",
      async run() {
        const confirmation = discord.nextDirectMessage(person.id);
        await use({ name: "subscribe", options: { pair: "EUR/USD" } });
        return textOf(await confirmation);
      },
    },
    {
      title: "a published signal arrives as a direct message",
      async run() {
        const message = discord.nextDirectMessage(person.id);
        const startedAt = performance.now();
        const response = await fetch(`${backend.url}/api/v1/notifications/send`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            signal: { signal: "buy", confidence: 0.89, signalStrength: "strong" },
            pair: "EUR/USD",
          }),
        });
        if (!response.ok) throw new Error(`the backend refused to publish: HTTP ${response.status}`);
        const text = textOf(await message);
        return `${text} (after ${Math.round(performance.now() - startedAt)} ms)`;
      },
    },
    {
      title: "the response to the acknowledgement is lost: answered all the same",
      async run() {
        const lost = { outcome: { kind: "reset", processed: true } } as const;
        return seen(await use({ name: "ping" }, { callbacks: [lost] }));
      },
    },
    {
      title: "the same event twice: answered once",
      async run() {
        return seen(await use({ name: "ping" }, { duplicateAfterMs: 20 }));
      },
    },
    {
      title: "the backend is down: a clear sentence",
      async run() {
        const repair = backend.addFault({ kind: "503" });
        try {
          return seen(await useAndBeRefused({ name: "signal", options: { pair: "CHF/JPY" } }));
        } finally {
          repair();
        }
      },
    },
    {
      title: "the backend is down: a signal asked for before is given all the same",
      async run() {
        const repair = backend.addFault({ kind: "503" });
        try {
          return seen(await use({ name: "signal", options: { pair: "EUR/USD" } }));
        } finally {
          repair();
        }
      },
    },
  ];
}

/** What the person saw, and when: times since they pressed enter. */
function seen(report: InteractionReport): string {
  const [message, more] = report.visible;
  if (message === undefined) throw new Error("nothing is visible");
  if (more !== undefined) throw new Error(`${report.visible.length} messages are visible`);
  const { acknowledgedAtMs = 0, answeredAtMs = 0 } = report;
  return `${textOf(message)} (acknowledged ${Math.round(acknowledgedAtMs)} ms, answered ${Math.round(answeredAtMs)} ms)`;
}

/** The first words of a message, in one line. */
function textOf(message: SandboxMessage): string {
  const [embed] = message.embeds;
  const text = [message.content, embed?.title, embed?.description].filter(
    (part) => typeof part === "string" && part !== "",
  );
  const line = text.join(" · ").replaceAll(/\s+/g, " ");
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
