/** One exo API that serves a model. */
export interface Target {
  /** Stable while the instance lives: instance id and API address. */
  readonly id: string;
  /** The copy of the model that answers. Targets of one copy are doors to the same queue. */
  readonly copy: string;
  /** Such as `http://10.0.0.11:52415`. */
  readonly baseUrl: string;
  /** The id exo knows this copy of the model by. Stays inside. */
  readonly upstreamModel: string;
  readonly ready: boolean;
  readonly simulated: boolean;
}

/** One model as clients see it. */
export interface ServingModel {
  /** The name clients use, such as `gpt-oss-120b`. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly contextTokens: number;
  readonly state: "ready" | "loading" | "unavailable";
  /** Why it is not ready, in one sentence. */
  readonly reason?: string;
  readonly targets: readonly Target[];
  /** Set for a ring of exo 0.0.x: it answers one request at a time, and comes together again by itself after a loss. */
  readonly ring?: "classic";
}
