/* Short notes in the corner, read out by screen readers: what was done, with a way back where there is one. */
import { reactive } from 'vue'

export interface Note { id: number; text: string; tone: 'good' | 'bad'; action?: { text: string; run: () => void } }

const LIFE_MS = 6000
const MOST = 2
let last = 0

export const notes = reactive<Note[]>([])

export function note(text: string, action?: Note['action'], tone: Note['tone'] = 'good'): void {
  const id = ++last
  notes.push({ id, text, tone, ...(action ? { action } : {}) })
  if (notes.length > MOST) notes.shift()
  setTimeout(() => dropNote(id), action ? LIFE_MS * 1.5 : LIFE_MS)
}

export function dropNote(id: number): void {
  const at = notes.findIndex((one) => one.id === id)
  if (at >= 0) notes.splice(at, 1)
}
