/* What is marked in a document's text. */
import type { OneDocument } from '@/api/types'
import type { Mark } from '@/lib/spans'

export const itemRef = (index: number): string => `i${index}`
/** How an item is called in a sentence: its number, or its place where it has none. */
export const itemName = (item: Pick<OneDocument['items'][number], 'no' | 'index'>): string => item.no ?? `${item.index + 1}`
export const findingRef = (index: number): string => `f${index}`

export function marksOf(doc: Pick<OneDocument, 'items' | 'findings' | 'title_span'>): Mark[] {
  const marks: Mark[] = []
  if (doc.title_span) marks.push({ span: doc.title_span, kind: 'title', ref: 'title' })
  for (const item of doc.items) {
    const ref = itemRef(item.index)
    if (item.span) marks.push({ span: item.span, kind: 'item', ref })
    for (const owner of item.lead) if (owner.span) marks.push({ span: owner.span, kind: 'lead', ref: owner.org ? ref : `${ref}?` })
    for (const owner of item.support) if (owner.span) marks.push({ span: owner.span, kind: 'support', ref: owner.org ? ref : `${ref}?` })
    for (const target of item.targets) if (target.span && !target.removed) marks.push({ span: target.span, kind: 'target', ref })
    for (const measure of item.measures) if (measure.span && !measure.removed) marks.push({ span: measure.span, kind: 'measure', ref })
  }
  doc.findings.forEach((finding, index) => {
    if (finding.span && !finding.seen) marks.push({ span: finding.span, kind: 'finding', ref: findingRef(index) })
  })
  return marks
}

/** The item that holds a place of the text, among items in the order of their spans. */
export function holder<T extends { span: readonly [number, number] | null }>(placed: readonly T[], at: number): T | undefined {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((placed[middle]?.span?.[0] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  const found = placed[low - 1]
  return found?.span && at < found.span[1] ? found : undefined
}
