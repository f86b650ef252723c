export async function benchSnapshot(): Promise<void> {}
