import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What follows the headers, as it came. */
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes, or until one whole answer with a length has come. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<RawAnswer | "closed"> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const settle = (): void => {
      socket.destroy();
      resolve(readRaw(Buffer.concat(chunks).toString("latin1")) ?? "closed");
    };
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      const answer = readRaw(Buffer.concat(chunks).toString("latin1"));
      if (answer !== undefined && answer.body.length >= Number(answer.headers["content-length"] ?? Infinity)) settle();
    });
    socket.once("end", settle);
    socket.once("close", settle);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") settle();
      else reject(error);
    });
  });
}

function readRaw(text: string): RawAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: text.slice(end + 4) };
}

/** A request with a body, written out. Headers given replace the usual ones; an empty value leaves one out. */
export function rawPost(path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Buffer {
  const all = {
    host: "127.0.0.1",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}
