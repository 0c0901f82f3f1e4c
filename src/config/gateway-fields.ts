import { z } from "zod";
import { filePath, section, textLike, word } from "./fields.js";

/** How the way to the gateway is protected. */
export type GatewayTls =
  | "none"
  /** A proxy in front of the gateway does it. */
  | { readonly terminatedBy: "proxy" }
  /** Paths of files in PEM, absolute or from `~/`. */
  | { readonly certificate: string; readonly key: string; readonly clientCa?: string | undefined };

/** `none`, files, or a proxy. */
export const gatewayTls = (): z.ZodType<GatewayTls, GatewayTls> =>
  z.union(
    [
      word(["none"]),
      section({
        certificate: filePath().describe(
          "The gateway's certificate, and after it those that lead to a known authority.",
        ),
        key: filePath().describe("Its private key, without a passphrase."),
        clientCa: filePath().optional().describe("Authorities of client certificates: nobody else gets in."),
      }),
      section({ terminatedBy: word(["proxy"]).describe("A proxy in front of the gateway does TLS.") }),
    ],
    { error: "none, { certificate: /FILE, key: /FILE } with or without clientCa: /FILE, or { terminatedBy: proxy }" },
  );

/** A name that clients use for the gateway, in lower case. */
export const gatewayHost = () =>
  textLike(
    /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    "a host name without a port, such as ai.example.com or *.example.com",
  ).transform((name) => name.toLowerCase());

/** The origin of web pages, in the form in which browsers send it. */
export const webOrigin = () => {
  const error = "an origin, such as https://chat.example.com or http://10.0.0.9:3000";
  return textLike(/^https?:\/\/[A-Za-z0-9.:[\]-]+$/, error).transform((text, context) => {
    if (URL.canParse(text)) return new URL(text).origin;
    context.issues.push({ code: "custom", message: error, input: text });
    return z.NEVER;
  });
};
