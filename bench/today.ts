export async function benchToday(): Promise<void> {}
