import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import { daysToWarn } from "./check-material.js";
import type { TlsMaterial } from "./tls-material.js";

export interface MaterialWatch {
  /** What is in use at the start. */
  readonly first: TlsMaterial;
  /** Reads and checks what is there now; rejects where that is no good. */
  readonly read: () => Promise<TlsMaterial>;
  readonly use: (material: TlsMaterial) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Looking costs three small files. */
const lookEveryMs = 10_000;
const dayMs = 86_400_000;

const isSame = (left: TlsMaterial, right: TlsMaterial): boolean =>
  left.certificatePem === right.certificatePem &&
  left.privateKeyPem === right.privateKeyPem &&
  left.clientCaPem === right.clientCaPem;

/**
 * Takes over a renewed certificate. What is no good is not taken: the one in use stays, and a warning says why. A single failed look
 * is no reason for one, since certificate and key are replaced one after the other. Warns once a day of an expiry that is near.
 */
export function watchMaterial({ first, read, use, clock, logger }: MaterialWatch): Close {
  const closed = new AbortController();
  let current = first;
  let failures = 0;
  let warnedAt = -Infinity;

  const warnOfExpiry = (): void => {
    const daysLeft = daysToWarn(current, clock.now());
    if (daysLeft === undefined || clock.now() - warnedAt < dayMs) return;
    warnedAt = clock.now();
    logger.warn("the certificate expires soon", { daysLeft });
  };
  const look = async (): Promise<void> => {
    try {
      const next = await read();
      failures = 0;
      if (isSame(next, current)) return;
      use(next);
      current = next;
      warnedAt = -Infinity;
      logger.info("the certificate was renewed");
    } catch (error) {
      failures += 1;
      if (failures === 2) logger.warn("the files of the certificate are no good", { error });
    }
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      warnOfExpiry();
      await clock.sleep(lookEveryMs, closed.signal);
      await look();
    }
  };
  const watching = watch().catch(() => {}); // closed: the only way it ends
  return async () => {
    closed.abort();
    await watching;
  };
}
