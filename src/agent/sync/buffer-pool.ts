/** Buffers that are used again: one for each of thousands of pieces would be garbage faster than it is collected. */
export interface BufferPool {
  /** Undefined while all are in use. */
  take(): Buffer | undefined;
  give(buffer: Buffer): void;
}

/** Buffers are made when they are first needed. */
export function createBufferPool(options: { readonly bytes: number; readonly most: number }): BufferPool {
  const free: Buffer[] = [];
  let made = 0;
  return {
    take: () => {
      const buffer = free.pop();
      if (buffer !== undefined || made === options.most) return buffer;
      made += 1;
      return Buffer.allocUnsafeSlow(options.bytes);
    },
    give: (buffer) => void free.push(buffer),
  };
}
