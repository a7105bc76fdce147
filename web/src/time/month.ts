/* The weeks of a month, Monday first, as ISO dates; days of the months beside it fill the ends. */
const DAY_MS = 86_400_000
const iso = (time: number): string => new Date(time).toISOString().slice(0, 10)

export function weeksOf(month: string): string[][] {
  const first = Date.parse(`${month}-01T00:00:00Z`)
  const weekday = (new Date(first).getUTCDay() + 6) % 7
  const next = Date.UTC(new Date(first).getUTCFullYear(), new Date(first).getUTCMonth() + 1, 1)
  const weeks: string[][] = []
  for (let at = first - weekday * DAY_MS; at < next; at += 7 * DAY_MS) weeks.push(Array.from({ length: 7 }, (_, day) => iso(at + day * DAY_MS)))
  return weeks
}

export function monthAfter(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return iso(Date.UTC(year, number - 1 + by, 1)).slice(0, 7)
}
