import { z } from "zod";
import { filePath, listenAddress, listOf, section, textLike, word } from "./fields.js";

/** Where the admin API is when nobody says otherwise; when that port is in use, any other will do. */
export const defaultAdminListen = "127.0.0.1:8416";

/** The `admin` section. */
export const adminSection = () =>
  section({
    listen: z
      .union([z.literal("off"), listenAddress()], {
        error: `off, or an address and a port such as ${defaultAdminListen}`,
      })
      .prefault(defaultAdminListen)
      .describe("Address and port of the admin API and the web UI, or off. Everybody needs a key or a session there."),
    tls: z
      .union(
        [
          word(["none"]),
          section({
            certificate: filePath().describe(
              "The port's certificate, and after it those that lead to a known authority.",
            ),
            key: filePath().describe("Its private key, without a passphrase."),
          }),
        ],
        { error: "none, or { certificate: /FILE, key: /FILE }" },
      )
      .default("none")
      .describe("none (on loopback only); or certificate and key, files in PEM."),
    hosts: listOf(
      textLike(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, "a host name without a port, such as studio.lan"),
      "host names",
    )
      .prefault([])
      .describe("Further names under which browsers and programs may reach it, beside those of its certificate."),
  });
