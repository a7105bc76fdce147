/* A step of the ladder in words: "期限前 20 天", "逾期 3 个工作日". */
import type { Step } from '@/api/types'
import { t } from '@/i18n'

export function stepWords(step: Pick<Step, 'days' | 'working'>): string {
  const days = Number(step.days)
  if (!Number.isFinite(days)) return ''
  if (days === 0) return t('ladder.on-due')
  const key = `ladder.${days < 0 ? 'before' : 'after'}.${step.working ? 'working' : 'days'}`
  return t(key, { days: Math.abs(days) })
}
