/* The registers, read once: they change rarely. */
import { shallowRef } from 'vue'
import { get } from '@/api/client'
import type { Rows } from '@/api/types'
import type { Register } from './types'

const registers = shallowRef<Register[] | null>(null)
let asked: Promise<void> | null = null

export function useRegisters(fresh = false) {
  const load = async (): Promise<void> => {
    registers.value = (await get<Rows<Register>>('/registers')).rows
  }
  if (fresh || !asked) asked = load().catch(() => { asked = null })
  return { registers, reload: load }
}
