/** Mac Studios by `hw.model` (macos-nodes reference 1.1). What is not here is unknown, not unusable. */
const studios: Readonly<Record<string, string>> = {
  "Mac13,1": "Mac Studio (2022, M1 Max)",
  "Mac13,2": "Mac Studio (2022, M1 Ultra)",
  "Mac14,13": "Mac Studio (2023, M2 Max)",
  "Mac14,14": "Mac Studio (2023, M2 Ultra)",
  "Mac15,14": "Mac Studio (2025, M3 Ultra)",
  "Mac16,9": "Mac Studio (2025, M4 Max)",
};

/** What a model identifier says. `unknown-mac`: Apple silicon that is not in the table; newer Mac Studios are among them. */
export type MacModel =
  | { readonly kind: "mac-studio"; readonly label: string }
  | { readonly kind: "unknown-mac"; readonly label: string }
  | { readonly kind: "other-mac"; readonly label: string }
  | { readonly kind: "not-a-mac"; readonly label: string };

/** Tells what `hw.model` of a machine means, as it claims it. */
export function readMacModel(identifier: string): MacModel {
  const label = Object.hasOwn(studios, identifier) ? studios[identifier] : undefined;
  if (label !== undefined) return { kind: "mac-studio", label };
  if (/^Mac\d{1,3},\d{1,3}$/.test(identifier)) return { kind: "unknown-mac", label: `a Mac (${identifier})` };
  if (/^(?:MacBook|Macmini|MacPro|iMac)[A-Za-z]*\d{1,3},\d{1,3}$/.test(identifier))
    return { kind: "other-mac", label: `a Mac (${identifier})` };
  return { kind: "not-a-mac", label: `not a Mac (${identifier})` };
}
