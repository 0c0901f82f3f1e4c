/** Version and build of macOS as `sw_vers` prints them; what it does not say is absent. */
export function parseSwVers(text: string): { readonly osVersion?: string; readonly osBuild?: string } {
  const values = new Map(
    Array.from(text.matchAll(/^(\w+):\s*(.+)$/gm), ([, key, value]) => [key ?? "", (value ?? "").trim()] as const),
  );
  const osVersion = values.get("ProductVersion");
  const osBuild = values.get("BuildVersion");
  return {
    ...(osVersion !== undefined && /^\d+(\.\d+)*$/.test(osVersion) ? { osVersion } : {}),
    ...(osBuild !== undefined && /^[0-9A-Za-z]+$/.test(osBuild) ? { osBuild } : {}),
  };
}
