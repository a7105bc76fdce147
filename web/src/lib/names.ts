/* How tasks and items are called: the number as printed, then the title. A number from a table has no stop after it. */

export function numbered(one: { label: string | null; title: string }): string {
  const label = one.label ?? ''
  return `${label}${/[\p{L}\p{N}]$/u.test(label) ? ' ' : ''}${one.title}`
}
