/* A grant in words: who may do what, where, for which plans, from when to when, and for whom. */
import type { Grant } from '@/api/types'
import { t } from '@/i18n'

export function whereText(grant: Grant): string {
  const { kind, org, area, group } = grant.where
  if (kind === 'org') return org?.name ?? ''
  if (kind === 'area') return t('users.where.area', { area: area ?? '' })
  return kind === 'group' ? t('users.where.of-group', { group: group?.name ?? '' }) : t('users.where.all')
}

export const whatText = (grant: Grant): string => (grant.what.kind === 'plans' ? t('users.what.plans', { count: grant.what.plans?.length ?? 0 }) : t('users.what.all'))

export const daysText = (grant: Grant): string => (grant.from || grant.to ? `${grant.from ?? '…'} – ${grant.to ?? '…'}` : '')

export function grantText(grant: Grant): string {
  const parts = [t(`role.${grant.role}`), whereText(grant), grant.what.kind === 'plans' ? whatText(grant) : '', daysText(grant), grant.for ? t('users.grant.for', { name: grant.for.name }) : '']
  return parts.filter(Boolean).join(' · ')
}
