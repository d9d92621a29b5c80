import type { Backend, Position } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import { type Answer, type CommandRequest, Refusal } from "../interactions/index.ts";
import { positionClosedCard, positionLabel, positionListCard } from "../presentation/position-cards.ts";
import { texts } from "../presentation/texts.ts";
import { createOpening } from "./open-position.ts";
import { textOption } from "./options.ts";
import { pairOption, suggestPairs } from "./pair.ts";
import { accountOf, askerOf, type PlainCommand, suggestionAsker } from "./plain-command.ts";
import { positionDefinition } from "./position-definition.ts";
import { requiredPrice } from "./position-figures.ts";
import { computeProfitAndLoss } from "./profit-and-loss.ts";
import { choicesFrom, orNothing, PersonalLists } from "./suggestions.ts";

export function createPositionCommand({
  backend,
  clock,
}: {
  readonly backend: Backend;
  readonly clock: Clock;
}): PlainCommand {
  const openPositions = new PersonalLists(
    (request) => backend.listOpenPositions(accountOf(request.person), suggestionAsker(request)),
    clock,
  );
  const { open, lookForOpened } = createOpening({
    backend,
    priority: "person",
    onOpened: (personId) => openPositions.forget(personId),
  });

  async function list(request: CommandRequest): Promise<Answer> {
    const pair = pairOption(request);
    const positions = await backend.listOpenPositions(accountOf(request.person), askerOf(request));
    return positionListCard(
      pair === undefined ? positions : positions.filter((position) => position.pair === pair),
      pair,
    );
  }

  async function close(request: CommandRequest): Promise<Answer> {
    const id = textOption(request, "position_id");
    const exitPrice = requiredPrice(request, "exit_price");
    const position = await ownPosition(id, request);
    await backend.closePosition(position, exitPrice, askerOf(request));
    openPositions.forget(request.person.id);
    return positionClosedCard(position, exitPrice, computeProfitAndLoss(position, exitPrice));
  }

  /** The only door to closing: the backend would close anybody's. Another's and none at all are told in the same words. */
  async function ownPosition(id: string | undefined, request: CommandRequest): Promise<Position> {
    const own = await backend.listOpenPositions(accountOf(request.person), askerOf(request));
    const position = own.find((candidate) => candidate.id === id);
    if (position === undefined) throw new Refusal(texts.position.notFound);
    return position;
  }

  async function lookForClosed(request: CommandRequest): Promise<Answer> {
    const id = textOption(request, "position_id");
    const own = await backend.listOpenPositions(accountOf(request.person), askerOf(request));
    const stillOpen = own.some((position) => position.id === id);
    return { content: stillOpen ? texts.position.notClosed : texts.position.closedAfterAll };
  }

  return {
    definition: positionDefinition,
    visibility: "private",
    effect: ({ subcommand }) => (subcommand === "list" ? "reads" : "writes"),

    async recover(request) {
      if (request.subcommand === "open") return lookForOpened(request);
      if (request.subcommand === "close") return lookForClosed(request);
      throw new Refusal(texts.interaction.unknownCommand);
    },

    async execute(request) {
      switch (request.subcommand) {
        case "open":
          return open(request);
        case "list":
          return list(request);
        case "close":
          return close(request);
        default:
          throw new Refusal(texts.interaction.unknownCommand);
      }
    },

    complete: (request) =>
      orNothing(async ({ focused }) => {
        if (focused.name === "pair") {
          return suggestPairs(await backend.listPairs(suggestionAsker(request)), focused.value);
        }
        if (focused.name !== "position_id") return [];
        return suggestPositions(await openPositions.read(request), focused.value);
      }, request),
  };
}

/** By anything that the label shows, or by the id. */
function suggestPositions(positions: readonly Position[], typed: string) {
  const wanted = typed.trim().toLowerCase();
  const choices = positions.map((position) => ({ name: positionLabel(position), value: position.id }));
  return choicesFrom(choices.filter(({ name, value }) => `${name} ${value}`.toLowerCase().includes(wanted)));
}
