// Whom an image's containers run as when nobody says otherwise. It is the image's word, as it has it: a name or a number,
// with or without a group; which number a name is stands in files inside the image and is not looked for.

import { z } from 'zod'
import { withoutControls } from './failure.ts'

/** What is used of an inspection of an image; an image without a configuration (imported, by Podman) has no user. */
export const imageAnswer = z.object({ Config: z.object({ User: z.string().nullish() }).nullish() })

/** Null is root. */
export function userOfImage({ Config }: z.output<typeof imageAnswer>): string | null {
  const user = withoutControls(Config?.User ?? '')
  return user === '' ? null : user
}
