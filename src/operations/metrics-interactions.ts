import { Counter, Histogram, type Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";

/** Discord's codes worth telling apart on interactions (`discord-facts.md` 1.4); any other is `other`. */
const knownCodes = [10008, 10015, 10062, 40060, 40094, 50027, 50035, 130000];

/** What is counted apart of each person's uses. */
const allowances = ["commands", "stops", "buttons", "suggestions"];

export function measureInteractions(bus: BotEventBus, registry: Registry, commands: readonly string[]): void {
  const registers = [registry];
  const finished = new Counter({
    name: "signalguard_interactions_total",
    help: "Interactions that ended, by kind, command and outcome",
    labelNames: ["type", "command", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "signalguard_interaction_duration_seconds",
    help: "From arrival until the end, of interactions that were answered, by command",
    labelNames: ["type", "command"],
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30],
    registers,
  });
  const age = new Histogram({
    name: "signalguard_interaction_age_seconds",
    help: "Age of interactions when they arrive",
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2.5, 3],
    registers,
  });
  const acknowledgement = new Histogram({
    name: "signalguard_acknowledgement_duration_seconds",
    help: "From arrival until it was known who had acknowledged",
    labelNames: ["ownership"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3],
    registers,
  });
  const acknowledgements = new Counter({
    name: "signalguard_acknowledgements_total",
    help: "Acknowledgements that ended, by whose the interaction is and why",
    labelNames: ["ownership", "cause"],
    registers,
  });
  const attempts = new Counter({
    name: "signalguard_acknowledgement_attempts_total",
    help: "Callback requests sent to acknowledge",
    registers,
  });
  const hedges = new Counter({
    name: "signalguard_acknowledgement_hedges_total",
    help: "Callback requests sent because another took unusually long",
    registers,
  });
  const errors = new Counter({
    name: "signalguard_discord_errors_total",
    help: "Requests about interactions that Discord refused (code, or other) or did not answer (none); not counted is what it has to answer to a second attempt of ours",
    labelNames: ["request", "code"],
    registers,
  });
  for (const code of ["10062", "40060"]) errors.inc({ request: "callback", code }, 0);

  const foreign = new Counter({
    name: "signalguard_interactions_foreign_total",
    help: "Interactions that another process with the same token took: more than 0 means that one is running",
    registers,
  });
  const claims = new Counter({
    name: "signalguard_run_claims_total",
    help: "Claims of the right to run, by result; unknown means that Redis did not answer in time",
    labelNames: ["claim"],
    registers,
  });
  const beyond = new Counter({
    name: "signalguard_allowance_refused_total",
    help: "Uses refused because a person had used up their allowance, by kind of allowance",
    labelNames: ["kind"],
    registers,
  });
  for (const kind of allowances) beyond.inc({ kind }, 0);
  const late = new Counter({
    name: "signalguard_late_answers_total",
    help: "Answers that went to the person by direct message because they were too late, by reason and whether they arrived",
    labelNames: ["reason", "delivered"],
    registers,
  });
  const recovered = new Counter({
    name: "signalguard_interactions_recovered_total",
    help: "Interactions left behind by a process that died, by outcome",
    labelNames: ["outcome"],
    registers,
  });

  const known = new Set(commands);
  const labelOf = (command: string) => (known.has(command) ? command : "unknown");

  bus.on("interactionArrived", ({ ageMs }) => age.observe(Math.max(0, ageMs) / 1_000));
  bus.on("acknowledged", (event) => {
    const { ownership, cause } = event;
    acknowledgement.observe({ ownership }, event.durationMs / 1_000);
    acknowledgements.inc({ ownership, cause });
    attempts.inc(event.attempts);
    hedges.inc(event.hedges);
    if (cause === "anotherProcess") foreign.inc();
  });
  bus.on("interactionFinished", ({ interactionKind: type, command, outcome, durationMs }) => {
    const labels = { type, command: labelOf(command) };
    finished.inc({ ...labels, outcome });
    // Choices are sent without the journal that knows a cause.
    if (outcome === "foreign" && type === "autocomplete") foreign.inc();
    if (outcome === "answered") duration.observe(labels, durationMs / 1_000);
  });
  bus.on("runClaimed", ({ claim }) => {
    claims.inc({ claim });
    if (claim === "taken") foreign.inc();
  });
  bus.on("allowanceRefused", ({ allowance }) => beyond.inc({ kind: allowance }));
  bus.on("lateAnswer", ({ reason, delivered }) => late.inc({ reason, delivered: String(delivered) }));
  bus.on("interactionRecovered", ({ outcome }) => recovered.inc({ outcome }));
  bus.on("discordError", ({ request, code }) => {
    errors.inc({ request, code: code === undefined ? "none" : knownCodes.includes(code) ? String(code) : "other" });
  });
}
