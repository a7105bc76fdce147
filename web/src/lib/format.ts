/* Dates, times and sizes as people read them. Instants are shown in the store's one zone, whatever the browser's. */
import { locale, t } from '@/i18n'

export const ZONE = 'Asia/Shanghai'

/** `2026-11-22` of an instant, in the store's zone. */
export function dayOf(instant: number | string | Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(instant))
}

/** `2026-11-22 14:05` of an instant. */
export function timeOf(instant: number | string | null | undefined): string {
  if (instant === null || instant === undefined || instant === '') return ''
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(instant))
  return `${dayOf(instant)} ${parts}`
}

/** Whole days from one ISO date to another; negative when `to` lies before. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to.slice(0, 10)}T00:00:00Z`) - Date.parse(`${from.slice(0, 10)}T00:00:00Z`)) / 86_400_000)
}

/** "还有 12 天", "今天到期", "已超 3 天": the distance of a due date in words. */
export function daysLeftText(days: number): string {
  if (days === 0) return t('due.today')
  return days > 0 ? t('due.left', { days }) : t('due.over', { days: -days })
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

export function countText(count: number): string {
  return new Intl.NumberFormat(locale.value).format(count)
}
