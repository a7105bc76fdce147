import { describe, expect, it } from 'vitest'
import { choicesOf, columnsOf, doubledIn, isRemapped, missingIn } from '@/data/sending'
import type { Dataset, Field, Preview, PreviewColumn } from '@/data/types'

const column = (from: string, to: string | null): PreviewColumn => ({ from, to, how: to ? 'name' : 'none', name: null, name_en: null, twice: null, near: [], examples: [], masked: false })
const preview = { columns: [column('剂次', 'dose'), column('日期', 'given_on'), column('备注', null)] } as unknown as Preview
const field = (id: string, required: boolean, of: 'record' | 'subject' = 'record'): Field => ({ id, required, of }) as unknown as Field
const dataset = { org_field: 'clinic', fields: [field('clinic', true), field('dose', true), field('given_on', true), field('lot', false), field('id_card', true, 'subject')] } as unknown as Dataset

describe('columns of a file', () => {
  it('are what was found, unless it was chosen otherwise', () => {
    expect(choicesOf(preview, {})).toEqual({ 剂次: 'dose', 日期: 'given_on', 备注: '' })
    expect(choicesOf(preview, { 备注: 'lot', 日期: '' })).toEqual({ 剂次: 'dose', 日期: '', 备注: 'lot' })
  })
  it('are one field each; what is left out may be left out twice', () => {
    expect([...doubledIn({ a: 'dose', b: 'dose', c: '', d: '' })]).toEqual(['dose'])
  })
  it('must give what is required of the record, but for the institution, which is the sender', () => {
    expect(missingIn(dataset, choicesOf(preview, {})).map((one) => one.id)).toEqual([])
    expect(missingIn(dataset, choicesOf(preview, { 日期: '' })).map((one) => one.id)).toEqual(['given_on'])
  })
  it('go along only when they were changed', () => {
    expect(isRemapped(preview, {})).toBe(false)
    expect(isRemapped(preview, { 日期: 'given_on' })).toBe(false)
    expect(isRemapped(preview, { 备注: 'lot' })).toBe(true)
    expect(columnsOf({ 剂次: 'dose', 备注: '' })).toEqual([{ from: '剂次', to: 'dose' }, { from: '备注', to: null }])
  })
})
