/* What is being sent, arranged for the eye: the columns of a file and what they are. */
import type { Dataset, Field, Preview } from './types'

export type Choices = Record<string, string>

/** What each column is, by its heading: what was found, unless it was chosen otherwise; '' leaves it out. */
export function choicesOf(preview: Preview, chosen: Choices): Choices {
  return Object.fromEntries(preview.columns.map((column) => [column.from, chosen[column.from] ?? column.to ?? '']))
}

/** Fields that two columns are said to be. */
export function doubledIn(choices: Choices): Set<string> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const to of Object.values(choices)) {
    if (to && seen.has(to)) twice.add(to)
    seen.add(to)
  }
  return twice
}

/** Required fields that no column is. What names the person is asked for as a whole: any number, or what describes. */
export function missingIn(dataset: Dataset, choices: Choices): Field[] {
  const given = new Set(Object.values(choices))
  return dataset.fields.filter((field) => field.required && field.of === 'record' && field.id !== dataset.org_field && !given.has(field.id))
}

/** Whether the file is to be mapped otherwise than the program found: then the mapping goes along. */
export function isRemapped(preview: Preview, chosen: Choices): boolean {
  return preview.columns.some((column) => chosen[column.from] !== undefined && chosen[column.from] !== (column.to ?? ''))
}

export const columnsOf = (choices: Choices): { from: string; to: string | null }[] => Object.entries(choices).map(([from, to]) => ({ from, to: to || null }))
