/** Whether a path names a file of the model's own folder or of a folder below it; never one outside. */
export const isPlainPath = (name: string): boolean =>
  name.length > 0 &&
  name.length <= 512 &&
  !/[\0\\]/.test(name) &&
  name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
