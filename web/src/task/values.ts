/* A field's value of a task in words, whatever it holds: what an amendment shows as old and new. */
import type { Target } from '@/api/types'
import { figureText } from '@/document/figure'
import { known, t } from '@/i18n'

export function fieldText(field: string): string {
  return known(`task.field.${field}`) ? t(`task.field.${field}`) : field
}

export function valueText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return t('value.none')
  if (Array.isArray(value)) return value.length === 0 ? t('value.none') : value.map((one) => valueText(field, one)).join(t('list.comma'))
  if (typeof value === 'boolean') return t(value ? 'value.yes' : 'value.no')
  if (typeof value === 'object') {
    const one = value as Record<string, unknown>
    if (typeof one.metric === 'string' || 'op' in one) return `${String(one.metric ?? '')} ${figureText(one as unknown as Target)}${one.due ? ` ${String(one.due)}` : ''}`.trim()
    return String(one.name ?? one.title ?? JSON.stringify(one))
  }
  if (field === 'stage') return t('value.stage', { seq: String(value) })
  if (field === 'term' && known(`task.term.${String(value)}`)) return t(`task.term.${String(value)}`)
  if (field === 'reminders') return t(`bulk.reminders.${String(value)}`)
  return String(value)
}
