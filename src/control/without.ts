// A row without one of its optional members: absent is how rows say that there is nothing.

export function without<Row extends object, Key extends string & keyof Row>(
  row: Row,
  key: Key,
): Omit<Row, Key> {
  const copy = { ...row }
  Reflect.deleteProperty(copy, key)
  return copy
}
