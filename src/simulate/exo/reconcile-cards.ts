import type { CardCache } from "./card-cache.js";
import type { ExoStateDocument } from "./exo-state.js";

/** The newer exo makes its registry agree with the state: canonical card files of other ids are deleted. */
export async function reconcileCards(cards: CardCache, state: ExoStateDocument): Promise<void> {
  const target = state.customModelCards ?? {};
  for (const [modelId, card] of Object.entries(target)) {
    if (JSON.stringify(cards.known(modelId)) === JSON.stringify(card)) continue;
    cards.add(card);
    await cards.save(card);
  }
  for (const card of await cards.list()) if (target[card.modelId] === undefined) await cards.drop(card.modelId);
}
