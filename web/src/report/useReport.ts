/* A kept report by its uid, or what one would say now by kind and subject. */
import { shallowRef } from 'vue'
import { get } from '@/api/client'
import { t } from '@/i18n'
import { useSending } from '@/lib/sending'
import type { Report } from './types'

export function useReport() {
  const report = shallowRef<Report | null>(null)
  const { busy: loading, problem, attempt } = useSending()

  async function load(uid: string, query: { kind?: string; plan?: string; org?: string } = {}): Promise<void> {
    await attempt(async () => {
      report.value = uid === 'now' ? await get<Report>('/reports/now', query) : await get<Report>(`/reports/${uid}`)
    })
  }
  return { report, problem, loading, load }
}

export function titleOf(report: Report): string {
  return t('report.title', { about: report.plan?.title ?? report.org?.name ?? t('reports.all'), kind: t(`report.kind.${report.kind}`), period: report.period })
}
