/* Events of the history in words. A verb that has none yet is shown as it is. */
import type { Event, EventChange } from '@/api/types'
import { known, t } from '@/i18n'
import { timeOf } from './format'

export function verbText(verb: string): string {
  const key = `event.${verb}`
  return known(key) ? t(key) : verb
}

export function eventText(event: Event): string {
  return verbText(event.verb)
}

/* The log holds the digest of a long text; the words themselves stand with the verdict, the claim or the comment. */
const DIGEST = /^sm3:[0-9a-f]{32}$/u

/** What a person wrote with it: a reason or a note, or the name of a file. */
export function eventWords(event: Event): string {
  const words = event.data?.reason ?? event.data?.note ?? event.data?.name
  return typeof words === 'string' && !DIGEST.test(words) ? words : ''
}

const KIND = (kind: string): string => t(`object.${kind}`, undefined, kind)

/** An event as one sentence: who did what to which thing, and for whom. */
export function eventSentence(event: Event): string {
  const who = event.by ? event.by.name : t('event.engine')
  const by = event.for ? t('audit.by.for', { name: who, absent: event.for.name }) : event.token ? t('audit.by.token', { name: who }) : who
  const own = event.object.kind === 'account' && event.by?.uid === event.object.uid
  const words = { by, verb: eventText(event), kind: KIND(event.object.kind), title: event.object.title ?? '' }
  return own || !words.title ? t('audit.sentence.own', words) : t('audit.sentence', words)
}

/* Whose words a field's value has, where it is none of the usual. */
const TABLE: Record<string, string> = { reminder: 'level', report: 'report.kind', split: 'split', rule: 'rule.state', sample: 'look.sample', kind: 'document.kind', verdict: 'do', check: 'evidence.check' }

/** A change in words: the field, and what it became. Long texts stand behind a digest and are not in the log. */
export function changeText(change: EventChange): string {
  const key = `audit.change.${change.field}`
  const field = known(key) ? t(key) : known(`task.field.${change.field}`) ? t(`task.field.${change.field}`) : change.field
  const label = change.of ? t('audit.change.of', { field, of: change.of }) : field
  if (change.value === null) return change.digest ? t('audit.change.digest', { field: label }) : t('audit.change.gone', { field: label })
  return t('audit.change', { field: label, value: valueText(change) })
}

function valueText(change: EventChange): string {
  const value = change.value ?? ''
  if (change.name) return known(`role.of.${value}`) ? t('audit.change.as', { name: change.name, part: t(`role.of.${value}`) }) : change.name
  if (change.field.endsWith('_at') && /^\d{12,}$/u.test(value)) return timeOf(new Date(Number(value)).toISOString())
  const own = TABLE[change.field]
  if (own && known(`${own}.${value}`)) return t(`${own}.${value}`)
  for (const table of ['task.state', 'measure.state', 'task.term', 'role']) if (known(`${table}.${value}`)) return t(`${table}.${value}`)
  return value === 'true' ? t('audit.yes') : value
}

/** What else an event says that has words: a role, days, a place. */
export function eventFacts(event: Event): string[] {
  const { role, roles, from, to, state, until, deputy } = event.data as Record<string, unknown>
  const facts: string[] = []
  for (const one of [role, ...(typeof roles === 'string' ? roles.split(' ') : [])]) if (typeof one === 'string' && one && known(`role.${one}`)) facts.push(t(`role.${one}`))
  if (typeof state === 'string' && known(`users.state.${state}`)) facts.push(t(`users.state.${state}`))
  if (typeof from === 'string' || typeof to === 'string') facts.push(`${(from as string | null) ?? '…'} – ${(to as string | null) ?? '…'}`)
  if (typeof until === 'string') facts.push(until)
  if (typeof deputy === 'string') facts.push(t('audit.deputy'))
  return facts
}
