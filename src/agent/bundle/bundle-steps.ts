/** Tells how far a piece of work on many bytes is. */
export interface BundleSteps {
  /**
   * @param totalBytes that the work will tell of
   * @param work calls `onBytes` with the number of bytes that were done just now
   */
  run<T>(text: string, totalBytes: number, work: (onBytes: (bytes: number) => void) => Promise<T>): Promise<T>;
}
