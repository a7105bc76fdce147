/* A stale version (409): finds out what the other person changed, so that nobody's edit is lost silently. */
import { get, Problem } from '@/api/client'
import type { EditEntry, Event, OneDocument, Rows, Task } from '@/api/types'
import { t } from '@/i18n'

export interface Change { what: string; before: string; now: string }
export interface Conflict { by: string; at: string; changes: Change[]; mine: string; again: () => Promise<void> }

export function isStale(error: unknown): error is Problem {
  return error instanceof Problem && (error.code === 'version-stale' || error.code === 'edit-stale')
}

const MOST_CHANGES = 12

export function taskChanges(before: Task, now: Task): Change[] {
  const shows: [key: string, show: (task: Task) => string][] = [
    ['task.field.state', (task) => t(`task.state.${task.state}`)],
    ['task.field.due', (task) => task.due ?? ''],
    ['task.field.lead', (task) => task.lead.map((org) => org.name).join(t('list.comma'))],
    ['task.field.measures', (task) => task.measures_list.map((one) => `${one.no ?? ''} ${t(`measure.state.${one.state}`)}${one.answer ? `${t('list.colon')}${one.answer}` : ''}`).join('\n')],
    ['task.field.evidence', (task) => task.evidence_list.filter((one) => !one.withdrawn).map((one) => one.name).join(t('list.comma'))],
    ['task.field.incomputable', (task) => task.incomputable?.reason ?? ''],
    ['task.field.claim', (task) => task.claim?.note ?? ''],
  ]
  return shows.map(([key, show]) => ({ what: t(key), before: show(before), now: show(now) })).filter((change) => change.before !== change.now)
}

export function documentChanges(before: OneDocument, now: OneDocument): Change[] {
  const changes: Change[] = []
  for (const item of now.items) {
    const old = before.items[item.index]
    if (!old) continue
    const name = (field: string): string => `${item.no ?? item.index + 1} ${t(`item.field.${field}`)}`
    const pairs: [string, string, string][] = [
      ['title', old.title, item.title], ['status', t(`item.status.${old.status}`), t(`item.status.${item.status}`)], ['due', old.due ?? '', item.due ?? ''], ['kind', t(`item.kind.${old.kind}`), t(`item.kind.${item.kind}`)],
      ['lead', names(old.lead), names(item.lead)], ['support', names(old.support), names(item.support)], ['targets', quotes(old), quotes(item)],
    ]
    for (const [field, a, b] of pairs) if (a !== b) changes.push({ what: name(field), before: a, now: b })
  }
  return changes.slice(0, MOST_CHANGES)
}

const names = (owners: { name: string; org: { name: string } | null }[]): string => owners.map((one) => (one.org && one.org.name !== one.name ? t('list.beside', { name: one.name, more: one.org.name }) : one.name)).join(t('list.comma'))
const quotes = (item: OneDocument['items'][number]): string => item.targets.filter((one) => !one.removed).map((one) => `${one.metric} ${one.op} ${one.value ?? ''}${one.unit ?? ''}`).join(t('list.semicolon'))

/** Who changed it last, from its events or edits; unknown where these may not be read. */
export async function lastChanger(path: string, query: Record<string, number> = {}): Promise<{ by: string; at: string }> {
  try {
    const page = await get<Rows<Event | EditEntry>>(path, query)
    const last = page.rows.at(-1)
    const by = last?.by ? [('org' in last.by && last.by.org?.name) || '', last.by.name].filter(Boolean).join(' ') : ''
    return { by, at: last?.at ?? '' }
  } catch {
    return { by: '', at: '' }
  }
}
