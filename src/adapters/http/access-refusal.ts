/** Why a request is not let in. Says nothing about what the right key or session would be. */
export interface AccessRefusal {
  readonly status: 400 | 401 | 403 | 415 | 429;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const keyHint =
  "Send a key of scope admin: `exoctl keys create NAME --scope admin` on the controller's machine makes one.";
const browserHint = "Make a link for this browser: `exoctl open` on the controller's machine.";

export const noCredentials: AccessRefusal = {
  status: 401,
  code: "no_credentials",
  message: "this address answers only to those who say who they are",
  hint: `${keyHint} ${browserHint}`,
};

export const wrongKey: AccessRefusal = {
  status: 401,
  code: "wrong_key",
  message: "this key is not known, or is good no more",
  hint: "Look at `exoctl keys list` on the controller's machine.",
};

export const wrongScope: AccessRefusal = {
  status: 403,
  code: "wrong_scope",
  message: "this key is for other things than the admin API",
  hint: keyHint,
};

export const ambiguousCredentials: AccessRefusal = {
  status: 400,
  code: "ambiguous_credentials",
  message: "the request shows several keys, or none that can be read",
  hint: "Send one header: Authorization: Bearer KEY.",
};

export const sessionEnded: AccessRefusal = {
  status: 401,
  code: "session_ended",
  message: "this browser's session has ended",
  hint: browserHint,
};

export const linkUsed: AccessRefusal = {
  status: 403,
  code: "link_used",
  message: "this link was used already, or is too old",
  hint: browserHint,
};

export const wrongHost: AccessRefusal = {
  status: 403,
  code: "host_not_allowed",
  message: "this address does not answer to that host name",
  hint: "Use localhost or 127.0.0.1, or name the host under admin.hosts in cluster.yaml.",
};

export const wrongOrigin: AccessRefusal = {
  status: 403,
  code: "origin_not_allowed",
  message: "pages of other sites may not use this address",
  hint: browserHint,
};

export const notFromPage: AccessRefusal = {
  status: 403,
  code: "csrf",
  message: "a session changes things only for its own page",
  hint: "Send Origin with this address, and x-exoctl-csrf: 1. Programs use a key in place of a session.",
};

export const notJson: AccessRefusal = {
  status: 415,
  code: "not_json",
  message: "a body is sent as application/json",
  hint: "Send content-type: application/json.",
};

export const tooManyRefusals: AccessRefusal = {
  status: 429,
  code: "too_many_attempts",
  message: "too many requests from this address were refused",
  hint: "Wait a minute. A good key is let in all the same.",
};
