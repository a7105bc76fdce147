import { describe, expect, it } from 'vitest'
import { definitionOf, draftOf, missingIn } from '@/register/definition'
import type { Register } from '@/register/types'

const trainings: Register = {
  code: 'trainings', name: '培训登记', name_en: 'Trainings', proves: 'training', key: 'topic', rows: 3, version: 2, words: ['培训', '轮训'],
  fields: [{ name: 'topic', label: '主题', label_en: 'Topic', type: 'text', required: true }, { name: 'invited', label: '应到', label_en: 'Invited', type: 'int', required: true }, { name: 'attended', label: '签到', label_en: 'Signed in', type: 'int', required: true }],
  checks: [{ check: 'of-owner' }, { check: 'share', field: 'attended', of: 'invited', percent: 80 }],
}

describe('a register as a form holds it', () => {
  it('comes back as it went', () => {
    const { code: _c, rows: _r, version: _v, ...definition } = trainings
    expect(definitionOf(draftOf(trainings))).toEqual(definition)
    expect(missingIn(draftOf(trainings))).toBe('')
  })

  it('says what is missing, one thing at a time', () => {
    const draft = draftOf(null)
    expect(missingIn(draft)).toBe('register.wrong.name')
    Object.assign(draft, { code: 'visits', name: '走访登记', name_en: 'Visits' })
    expect(missingIn(draft)).toBe('register.wrong.field')
    draft.fields = [{ name: 'no', label: '编号', label_en: 'No.', type: 'text', required: false }]
    draft.key = 'no'
    expect(missingIn(draft)).toBe('register.wrong.key')
    draft.fields[0]!.required = true
    draft.checks = [{ check: 'at-least', field: 'no' }]
    expect(missingIn(draft)).toBe('register.wrong.check')
    draft.checks = [{ check: 'of-owner' }]
    draft.words = '走访 访'
    expect(missingIn(draft)).toBe('register.wrong.word')
  })

  it('sends of a check what it takes, and nothing left from another', () => {
    const draft = draftOf(trainings)
    draft.checks = [{ check: 'has-file', field: 'attended', percent: 80 }]
    expect(definitionOf(draft).checks).toEqual([{ check: 'has-file' }])
  })
})
