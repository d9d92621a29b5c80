/** What the operations server says at one moment. */
export interface Metrics {
  /** The sum over all series of this name that have these labels; 0 when there is none. */
  total(name: string, labels?: Readonly<Record<string, string>>): number;
}

export async function fetchMetrics(operationsUrl: string): Promise<Metrics> {
  const response = await fetch(`${operationsUrl}/metrics`);
  if (!response.ok) throw new Error(`/metrics answered HTTP ${response.status}`);
  const series = (await response.text()).split("\n").flatMap(readSeries);
  return {
    total: (name, labels = {}) =>
      series
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

/** `name{label="value",…} 12` of Prometheus's text format; our labels hold no quotes. */
function readSeries(line: string) {
  const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) return [];
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]);
  return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
}
