/** How a benchmark says what it found: one JSON line with --json, a few words without; exit 1 when a result is wrong. */
export function report(
  name: string,
  isRight: boolean,
  figures: Readonly<Record<string, number | string>>,
): void {
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ name, isRight, ...figures })}\n`);
  } else {
    const words = Object.entries(figures).map(([key, value]) => `  ${key} ${value}`);
    process.stdout.write(`${name}: result ${isRight ? "right" : "WRONG"}\n${words.join("\n")}\n`);
  }
  if (!isRight) process.exitCode = 1;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** Nearest rank, rounded to hundredths. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1));
  return Math.round((sorted[at] ?? 0) * 100) / 100;
}
