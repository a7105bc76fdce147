/* How tasks and items are called: the number as printed, then the title. A number from a table has no stop after it. */

export function numbered(one: { label: string | null; title: string }): string {
  const label = one.label ?? ''
  return `${label}${/[\p{L}\p{N}]$/u.test(label) ? ' ' : ''}${one.title}`
}

/** The printed number (要点-2026-017) where there is one, else the document's label; then the title. */
export function called(one: { number?: string | null; label: string | null; title: string }): string {
  return one.number ? `${one.number} ${one.title}` : numbered(one)
}
