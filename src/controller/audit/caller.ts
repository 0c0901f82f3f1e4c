/** Who asks, as far as the door that the request came through can tell. */
export type Caller =
  /** Over the Unix socket, which only the account that runs the controller can open. The name is what the client says. */
  | { readonly via: "socket"; readonly user: string; readonly account: string }
  /** The command that runs the controller itself. */
  | { readonly via: "up"; readonly user: string }
  /** With a key of scope `admin`. */
  | { readonly via: "key"; readonly id: string; readonly name: string }
  /** From a browser that was let in by a link. The user is who made the link. */
  | { readonly via: "session"; readonly id: string; readonly user: string };

/** The caller's name for people, as in `applied by`. */
export const callerName = (caller: Caller): string => (caller.via === "key" ? `key ${caller.name}` : caller.user);

/** Whether the caller has the account that the controller runs under, and with it everything that the controller has. */
export const isOnThisMachine = ({ via }: Caller): boolean => via === "socket" || via === "up";
