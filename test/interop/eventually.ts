/** Tries until it succeeds. @throws the last failure after `limitMs` */
export async function eventually<T>(attempt: () => Promise<T>, limitMs: number): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= until) throw error;
    }
    await new Promise((wait) => setTimeout(wait, 500));
  }
}
