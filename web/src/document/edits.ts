/* Corrections: paths of the API, what stands at them, and how to take one back. */
import type { Edit, OneDocument } from '@/api/types'

/** A wish to change what stands at `path`; what stood there is looked up when it is sent. */
export interface Wish { path: string; new: unknown }

export const escapePart = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1')
const unescapePart = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

/** What stands at a path now, as an edit's `old` says it. */
export function valueAt(doc: OneDocument, path: string): unknown {
  const [root, ...rest] = path.slice(1).split('/').map(unescapePart) as [string, ...string[]]
  if (root === 'items') return itemValue(doc.items[Number(rest[0])], rest.slice(1))
  if (root === 'findings') return doc.findings[Number(rest[0])]?.seen ?? null
  if (root === 'owners') return doc.owners.find((owner) => owner.name === rest[0])?.org?.uid ?? null
  if (root === 'issuer_org') return doc.issuer_org?.uid ?? null
  return (doc as unknown as Record<string, unknown>)[root] ?? null
}

function itemValue(item: OneDocument['items'][number] | undefined, [field, index, part]: string[]): unknown {
  if (!item || !field) return null
  if (field === 'lead' || field === 'support') return item[field].map((owner) => owner.name)
  if (field === 'measures') {
    const measure = index === '-' ? undefined : item.measures[Number(index)]
    return measure && !measure.removed ? measure.text : null
  }
  if (field === 'targets') {
    const found = index === '-' ? undefined : item.targets[Number(index)]
    const target = found?.removed ? null : found
    return part && target ? ((target as unknown as Record<string, unknown>)[part] ?? null) : (target ?? null)
  }
  return (item as unknown as Record<string, unknown>)[field] ?? null
}

export function editsOf(doc: OneDocument, wishes: readonly Wish[]): Edit[] {
  return wishes.map((wish) => ({ path: wish.path, old: valueAt(doc, wish.path), new: wish.new }))
}

/** The edits that take others back: an addition is removed, anything else set as it was; what was removed keeps its place. */
export function inverseOf(edits: readonly Edit[], after: OneDocument): Wish[] {
  return [...edits].reverse().map((edit) => {
    const parts = edit.path.split('/')
    const list = parts[3]
    if ((list === 'targets' || list === 'measures') && parts[4] === '-') return { path: `${parts.slice(0, 4).join('/')}/${lastIndex(after, Number(parts[2]), list)}`, new: null }
    return { path: edit.path, new: edit.old }
  })
}

const lastIndex = (doc: OneDocument, item: number, list: 'targets' | 'measures'): number => (doc.items[item]?.[list].length ?? 1) - 1
