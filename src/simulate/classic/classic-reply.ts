import type { ServerResponse } from "node:http";

/** An answer of exo's that is no 200. Its key depends on the endpoint. */
export class ClassicHttpError extends Error {
  override readonly name = "ClassicHttpError";

  constructor(
    readonly status: number,
    readonly body:
      | Readonly<Record<"detail" | "error", string>>
      | { readonly detail: string }
      | { readonly error: string },
  ) {
    super(`answers ${status}`);
  }
}

/** What Python makes of an exception that no endpoint catches. */
export class ClassicCrash extends Error {
  override readonly name = "ClassicCrash";
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** A list of texts as Python prints it. */
export const pythonList = (items: readonly string[]): string => `[${items.map((item) => `'${item}'`).join(", ")}]`;

/** exo answers whatever went wrong with this, and never with 400 or 422. */
export function sendCrash(response: ServerResponse): void {
  response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
  response.end("500 Internal Server Error\n\nServer got itself in trouble");
}

/** A path that exo does not have. */
export function sendNotFound(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "application/octet-stream" });
  response.end();
}
