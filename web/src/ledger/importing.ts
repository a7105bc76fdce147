/* What an imported ledger says of itself, arranged for the eye. */
import type { TaskImport } from '@/api/types'

/** The fields that a column may be said to mean; `-` keeps it as it is. */
export const IMPORT_FIELDS = ['number', 'no', 'title', 'problem', 'text', 'measures', 'lead', 'support', 'responsible', 'leader', 'handler', 'due', 'term', 'category', 'source_no', 'source_date', 'basis', 'state'] as const
export const KEEP = '-'

const MOST_EXAMPLES = 3

/** What stands in a column, from the rows that are shown: a few different values. */
export function examplesOf(result: TaskImport, heading: string): string[] {
  const found: string[] = []
  for (const row of result.preview)
    for (const cell of row.set) {
      if (cell.heading !== heading && !(cell.heading === undefined && result.columns.some((column) => column.heading === heading && column.field === cell.field))) continue
      const text = (cell.new ?? '').trim()
      if (text && !found.includes(text)) found.push(text)
      if (found.length === MOST_EXAMPLES) return found
    }
  return found
}

/** The mapping that goes out: only what a person changed. */
export function mapOf(result: TaskImport, chosen: Record<string, string>): Record<string, string> | null {
  const map: Record<string, string> = {}
  for (const column of result.columns) {
    const now = chosen[column.heading]
    if (now !== undefined && now !== (column.field ?? KEEP)) map[column.heading] = now
    else if (column.how === 'given' && column.field) map[column.heading] = column.field
  }
  return Object.keys(map).length > 0 ? map : null
}

/** Two columns cannot mean the same: the headings of those that do. */
export function doubledIn(result: TaskImport, chosen: Record<string, string>): string[] {
  const by = new Map<string, string[]>()
  for (const column of result.columns) {
    const field = chosen[column.heading] ?? column.field ?? KEEP
    if (field !== KEEP) by.set(field, [...(by.get(field) ?? []), column.heading])
  }
  return [...by.values()].filter((headings) => headings.length > 1).flat()
}

export function faultsOf(result: TaskImport): { faults: TaskImport['errors']; notices: TaskImport['errors'] } {
  return { faults: result.errors.filter((one) => one.forbids !== false), notices: result.errors.filter((one) => one.forbids === false) }
}
