import { describe, expect, it } from 'vitest'
import { bodyOf, draftOf, missingIn, type DutyRule } from '@/duty/rules'

const rule: DutyRule = {
  uid: 'r', name: '月度简报', issuer: { uid: 'o', name: '办公室' }, owed_by: { collective: { uid: 'c', name: '各县区' } }, every: 'month', due: { days: 5, working: true }, grace_days: 3, calendar: 'cn', from: '2026-01-01', to: null, plan: null,
  state: 'on', version: 4, may: { edit: { ok: true } },
}

describe('a rule of duties as a form holds it', () => {
  it('comes back as it went', () => {
    expect(bodyOf(draftOf(rule, '2026-09-14'))).toEqual({ name: '月度简报', owed_by: { collective: 'c' }, every: 'month', due: { days: 5, working: true }, grace_days: 3, from: '2026-01-01', to: null })
    expect(missingIn(draftOf(rule, '2026-09-14'))).toBe('')
  })

  it('says what is missing', () => {
    const draft = draftOf(null, '2026-09-14')
    expect(missingIn(draft)).toBe('rule.wrong.name')
    draft.name = '月度简报'
    expect(missingIn(draft)).toBe('rule.wrong.owed')
    Object.assign(draft, { owed: 'function', function: 'primary_care', days: 400 })
    expect(missingIn(draft)).toBe('rule.wrong.days')
    Object.assign(draft, { days: 5, to: '2026-01-01' })
    expect(missingIn(draft)).toBe('rule.wrong.dates')
  })
})
