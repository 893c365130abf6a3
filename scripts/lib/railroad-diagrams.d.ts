// What of @prantlf/railroad-diagrams is used; it has no types of its own.

declare module '@prantlf/railroad-diagrams' {
  type Part = object | string
  export class Diagram {
    constructor(...parts: readonly Part[])
    /** The SVG as a file of its own. */
    toStandalone(style: string): string
  }
  export class Sequence {
    constructor(...parts: readonly Part[])
  }
  export class Choice {
    constructor(normal: number, ...parts: readonly Part[])
  }
  export class Optional {
    constructor(part: Part)
  }
  export class OneOrMore {
    constructor(part: Part, separator?: Part)
  }
  export class Terminal {
    constructor(text: string)
  }
  export class NonTerminal {
    constructor(text: string)
  }
}
