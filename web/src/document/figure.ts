/* A target's figure as people write it. */
import type { Target } from '@/api/types'

export const OPS = ['>=', '<=', '=', '~', 'range'] as const

const SIGNS: Record<Target['op'], string> = { '>=': '≥', '<=': '≤', '=': '=', '~': '≈', range: '' }

export function figureText(target: Pick<Target, 'op' | 'value' | 'value2' | 'unit'>): string {
  const unit = target.unit ?? ''
  const value = target.value ?? '?'
  return target.op === 'range' ? `${value}–${target.value2 ?? '?'}${unit}` : `${SIGNS[target.op]} ${value}${unit}`
}
