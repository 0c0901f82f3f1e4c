import type { ApplyTimings } from "../apply/apply-settings.js";
import type { NewUuid } from "../apply/instance-spec.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { HostPort } from "../config/host-port.js";
import type { KeyUsage } from "../gateway/keys/key-usage.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { ExoAddress } from "../inventory/exo-state.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { AuditApi } from "./audit/audit-api.js";
import type { ConnectClassic } from "./classic-eyes.js";
import type { ExoConnection } from "./exo-views.js";
import type { OwnKeys } from "./nodes/own-keys.js";
import type { SessionsApi } from "./sessions/sessions-api.js";
import type { Member, StateStore } from "./state-store.js";
import type { SightingWatch } from "./watch-sightings.js";

/** What a controller is built of: its settings, and everything outside it. */
export interface ControllerDeps {
  readonly settings: {
    readonly spec: ClusterSpec;
    readonly clusterYaml: string;
    readonly version: string;
    readonly pid: number;
    readonly simulated: boolean;
    /** Set when the cluster is driven over exo's API alone. */
    readonly exoHosts: readonly ExoAddress[] | undefined;
    /** Where agents enrol, as a node is told. */
    readonly enrolment: { readonly address: string; readonly pin: string } | undefined;
    readonly timings: Partial<ApplyTimings>;
  };
  readonly store: StateStore;
  /** The admin port, which is opened later, and the calls about it and about the record of all calls. */
  readonly admin: { readonly url: () => string | null; readonly calls: SessionsApi & AuditApi };
  /** This controller's own keys. */
  readonly ownKeys: OwnKeys;
  readonly watch: SightingWatch;
  /** What the gateway does with API keys. */
  readonly keyUse: {
    readonly usageOf: (id: string) => KeyUsage | undefined;
    readonly endRequestsOf: (id: string) => void;
  };
  readonly dial: (member: Member, address: HostPort) => AgentLink;
  readonly connectExo: (address: ExoAddress) => ExoConnection;
  readonly connectClassic: ConnectClassic;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newUuid: NewUuid;
  readonly randomBytes: (bytes: number) => Uint8Array;
  readonly lifetime: AbortSignal;
}
