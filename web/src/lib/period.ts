/* Periods as the API writes them, of a day: the week of ISO 8601 (`2026W47`) and the month (`2026-11`). */

export function weekOf(date: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7)) /* the Thursday decides the year */
  const first = Date.UTC(day.getUTCFullYear(), 0, 1)
  return `${day.getUTCFullYear()}W${String(Math.ceil(((day.getTime() - first) / 86_400_000 + 1) / 7)).padStart(2, '0')}`
}

export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)
}

/** The periods that a report may be for now: this one and the one before. */
export function reportPeriods(today: string, every: string): string[] {
  if (every === 'month') return [today.slice(0, 7), daysBefore(`${today.slice(0, 7)}-01`, 1).slice(0, 7)]
  return [weekOf(today), weekOf(daysBefore(today, 7))]
}
