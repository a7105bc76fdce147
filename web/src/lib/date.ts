/* Dates as people type them (20261231, 2026/12/31, 2026.12.31, with the Chinese words) and as the API writes them. */

/** The ISO date of what was typed; null when it is no day of the calendar. */
export function isoDate(typed: string): string | null {
  const text = typed.normalize('NFKC').trim()
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? /^(\d{4})[^\d](\d{1,2})[^\d](\d{1,2})[^\d]?$/u.exec(text)
  if (!match) return null
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const date = new Date(Date.UTC(year, month - 1, day))
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return same ? date.toISOString().slice(0, 10) : null
}
