/* People named in a text with @. */
import type { Who } from '@/api/types'

const LONGEST = 20

/** The word that begins with @ before the caret; null when the caret stands in none. */
export function mentionAt(text: string, caret: number): { from: number; to: number; q: string } | null {
  const from = text.lastIndexOf('@', caret - 1)
  if (from < 0 || caret - from > LONGEST || /\w/.test(text[from - 1] ?? '')) return null
  const q = text.slice(from + 1, caret)
  return /[\s@，。、；：]/u.test(q) ? null : { from, to: caret, q }
}

/** Of the people chosen, those whose names still stand in the text. */
export function namedIn(text: string, people: readonly Who[]): Who[] {
  return people.filter((one) => text.includes(`@${one.name}`))
}
