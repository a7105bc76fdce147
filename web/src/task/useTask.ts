/* One task: what is done to it goes out on the version that was shown, and a quicker hand is explained. */
import { ref, shallowRef } from 'vue'
import { all, call, get, post } from '@/api/client'
import type { Comment, Event, Rows, Task } from '@/api/types'
import type { AmendShare } from './amend'
import { doVerb } from './verbs'
import { isStale, lastChanger, taskChanges, type Conflict } from '@/lib/conflict'

export function useTask(uid: string, onChanged: () => void) {
  const task = shallowRef<Task | null>(null)
  const events = shallowRef<Event[]>([])
  const comments = shallowRef<Comment[]>([])
  const problem = shallowRef<unknown>(null)
  const conflict = shallowRef<Conflict | null>(null)
  const busy = ref(false)

  async function load(): Promise<void> {
    problem.value = null
    try {
      task.value = await get<Task>(`/tasks/${uid}`)
      await loadRest()
    } catch (error) {
      problem.value = error
    }
  }

  async function loadRest(): Promise<void> {
    const [log, talk] = await Promise.allSettled([all<Event>(`/tasks/${uid}/events`), get<Rows<Comment>>(`/tasks/${uid}/comments`)])
    if (log.status === 'fulfilled') events.value = log.value
    if (talk.status === 'fulfilled') comments.value = talk.value.rows
  }

  /** Runs a change; a stale version becomes a question, any other refusal is the caller's to show. */
  async function change(send: (now: Task) => Promise<Task>, mine: string): Promise<void> {
    const before = task.value
    if (!before) return
    busy.value = true
    try {
      task.value = await send(before)
      onChanged()
      void loadRest()
    } catch (error) {
      if (!isStale(error)) throw error
      await explain(before, send, mine)
    } finally {
      busy.value = false
    }
  }

  async function explain(before: Task, send: (now: Task) => Promise<Task>, mine: string): Promise<void> {
    const now = await get<Task>(`/tasks/${uid}`)
    const who = await lastChanger(`/tasks/${uid}/events`, { limit: 500 })
    task.value = now
    void loadRest()
    conflict.value = { ...who, changes: taskChanges(before, now), mine, again: () => change(send, mine) }
  }

  const act = (verb: string, body: Record<string, unknown>, mine: string): Promise<void> =>
    change((now) => doVerb(now, verb, body), mine)

  const answer = (measure: string, state: string, text: string, mine: string): Promise<void> =>
    change((now) => {
      const version = now.measures_list.find((one) => one.uid === measure)?.version ?? 0
      return call<Task>('PATCH', `/tasks/${uid}/measures/${measure}`, { body: { state, answer: text }, version })
    }, mine)

  const addEvidence = (upload: string, kind: string, note: string, mine: string, row?: string): Promise<void> =>
    change((now) => post<Task>(`/tasks/${uid}/evidence`, { ...(row ? { row } : { upload }), kind, note }, { version: now.version }), mine)

  const withdraw = (evidence: string, mine: string): Promise<void> => change((now) => call<Task>('DELETE', `/tasks/${uid}/evidence/${evidence}`, { version: now.version }), mine)

  const amend = (set: Record<string, unknown>, reason: string, mine: string, shares: AmendShare[] = []): Promise<void> => change((now) => post<Task>(`/tasks/${uid}/amend`, { set, ...(reason ? { reason } : {}), ...(shares.length > 0 ? { shares } : {}) }, { version: now.version }), mine)

  const split = (body: Record<string, unknown>, mine: string): Promise<void> => change((now) => post<Task>(`/tasks/${uid}/split`, body, { version: now.version }), mine)

  const report = (entry: Record<string, unknown>, mine: string): Promise<void> => change(() => post<Task>(`/tasks/${uid}/progress`, entry), mine)

  async function remind(body: Record<string, unknown>): Promise<void> {
    await post(`/tasks/${uid}/reminders`, body)
    await load()
    onChanged()
  }

  async function say(text: string, mentions: string[]): Promise<void> {
    await post(`/tasks/${uid}/comments`, { text, ...(mentions.length > 0 ? { mentions } : {}) })
    await loadRest()
  }

  return { task, events, comments, problem, conflict, busy, load, act, answer, addEvidence, withdraw, amend, split, report, remind, say }
}
