import { field } from "./embed-fields.ts";
import { formatFraction } from "./format.ts";
import { type Card, fitCard } from "./limits.ts";
import { texts } from "./texts.ts";
import { wordFor } from "./words.ts";

export interface PreferencesView {
  /** 1 to 10. */
  readonly riskLevel?: number | undefined;
  readonly tradingStyle?: string | undefined;
  /** 0 to 1. */
  readonly minConfidence?: number | undefined;
  readonly strongSignalsOnly?: boolean | undefined;
}

/** All preferences; zero and "no" are values, only what was never chosen is not set. */
export function preferencesCard(preferences: PreferencesView, occasion: "shown" | "saved"): Card {
  const words = texts.preferences;
  const { riskLevel, tradingStyle, minConfidence, strongSignalsOnly } = preferences;
  const strong = strongSignalsOnly ? texts.yes : texts.no;
  return fitCard({
    embeds: [
      {
        title: occasion === "saved" ? words.saved : words.title,
        description: words.hint,
        fields: [
          field(words.riskLevel, Number.isFinite(riskLevel) ? words.riskLevelValue(Number(riskLevel)) : texts.notSet),
          field(words.tradingStyle, wordFor(words.styles, tradingStyle) ?? texts.notSet),
          field(words.minConfidence, formatFraction(minConfidence) ?? texts.notSet),
          field(words.strongSignalsOnly, strongSignalsOnly === undefined ? texts.notSet : strong),
        ],
      },
    ],
  });
}
