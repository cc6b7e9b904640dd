/** Text that becomes part of the page: nothing that a file name or a label holds may end an element or begin one. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For the text of elements and for attributes in quotes. Control characters are shown as a question mark. */
export const escapeHtml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "?")
    .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter]!);

/** JSON for the text of a `<script type="application/json">`: no `<` that could end it. */
export const embeddedJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
