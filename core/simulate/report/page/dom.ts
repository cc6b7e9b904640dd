/** The part of the browser that the page's script uses. Types only; the browser has the rest. */

export interface PageElement {
  readonly dataset: Record<string, string | undefined>;
  readonly style: Record<string, string>;
  readonly offsetWidth: number;
  readonly offsetHeight: number;
  textContent: string | null;
  hidden: boolean;
  setAttribute(name: string, value: string): void;
  getBoundingClientRect(): { readonly left: number; readonly top: number; readonly width: number };
  addEventListener(type: string, act: (event: PointerInput) => void, options?: { passive: boolean }): void;
  setPointerCapture(pointer: number): void;
}

export interface PageCanvas extends PageElement {
  width: number;
  height: number;
  readonly clientWidth: number;
  readonly clientHeight: number;
  getContext(kind: "2d"): Pen;
}

/** Mouse, pen and wheel events. */
export interface PointerInput {
  readonly clientX: number;
  readonly clientY: number;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number;
  readonly shiftKey: boolean;
  readonly button: number;
  readonly pointerId: number;
  preventDefault(): void;
}

export interface Pen {
  fillStyle: string;
  strokeStyle: string;
  font: string;
  lineWidth: number;
  textAlign: "left" | "right" | "center";
  textBaseline: "top" | "middle" | "alphabetic";
  imageSmoothingEnabled: boolean;
  fillRect(x: number, y: number, width: number, height: number): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void;
  createImageData(width: number, height: number): Picture;
  putImageData(picture: Picture, x: number, y: number): void;
  drawImage(image: PageCanvas, x: number, y: number, width: number, height: number): void;
  save(): void;
  restore(): void;
  beginPath(): void;
  rect(x: number, y: number, width: number, height: number): void;
  clip(): void;
}

export interface Picture {
  readonly data: Uint8ClampedArray;
}

export interface PageDocument {
  readonly documentElement: PageElement;
  getElementById(id: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  createElement(name: "canvas"): PageCanvas;
}

export interface PageWindow {
  readonly devicePixelRatio: number;
  readonly innerWidth: number;
  readonly innerHeight: number;
  addEventListener(type: string, act: () => void): void;
  matchMedia(query: string): { addEventListener(type: "change", act: () => void): void };
  getComputedStyle(element: PageElement): { getPropertyValue(name: string): string };
  requestAnimationFrame(act: () => void): number;
}
