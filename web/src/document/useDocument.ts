/* One document under correction: edits go one after another, each on the version the last one left. */
import { ref, shallowRef } from 'vue'
import { get, post } from '@/api/client'
import type { Edit, OneDocument } from '@/api/types'
import { t } from '@/i18n'
import { documentChanges, isStale, lastChanger, type Conflict } from '@/lib/conflict'
import { wordsOf } from '@/lib/problem'
import { note } from '@/state/notes'
import { editsOf, inverseOf, type Wish } from './edits'

export function useDocument(uid: string) {
  const doc = shallowRef<OneDocument | null>(null)
  const problem = shallowRef<unknown>(null)
  const conflict = shallowRef<Conflict | null>(null)
  const saving = ref(0)
  let line: Promise<unknown> = Promise.resolve()

  async function load(): Promise<void> {
    problem.value = null
    try {
      doc.value = await get<OneDocument>(`/documents/${uid}`)
    } catch (error) {
      problem.value = error
    }
  }

  /** `mine` says in words what is being changed; it is shown with the way back, and when someone else was quicker. */
  function edit(wishes: Wish[], mine: string, back = true): Promise<void> {
    const work = line.then(() => send(wishes, mine, back))
    line = work.catch(() => {})
    return work
  }

  async function send(wishes: Wish[], mine: string, back: boolean): Promise<void> {
    const before = doc.value
    if (!before) return
    const edits = editsOf(before, wishes)
    saving.value++
    try {
      const after = await post<OneDocument>(`/documents/${uid}/edits`, { edits }, { version: before.version })
      doc.value = after
      if (back) offerUndo(edits, after, mine)
    } catch (error) {
      if (isStale(error)) await explain(before, wishes, mine)
      else note(wordsOf(error).what, undefined, 'bad')
    } finally {
      saving.value--
    }
  }

  function offerUndo(edits: Edit[], after: OneDocument, mine: string): void {
    note(mine, { text: t('action.undo'), run: () => void edit(inverseOf(edits, doc.value ?? after), t('edit.undone'), false) })
  }

  async function explain(before: OneDocument, wishes: Wish[], mine: string): Promise<void> {
    const now = await get<OneDocument>(`/documents/${uid}`)
    const who = await lastChanger(`/documents/${uid}/edits`)
    doc.value = now
    conflict.value = { ...who, changes: documentChanges(before, now), mine, again: () => edit(wishes, mine) }
  }

  return { doc, problem, conflict, saving, load, edit }
}
